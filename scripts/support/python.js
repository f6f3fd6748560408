// A Python environment for the tests, made once: real Flower, and the tools that look at our Python files.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, textOf } from './fingerprint.js';
import { withLock } from './lock.js';
import { need, root, run, say } from './process.js';

/** Flower in the version that a new network gets, and what the checks need. */
const requirements = ['flwr==1.41.0', 'numpy', 'pytest', 'mypy', 'ruff'];

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

/** Gives the path of its interpreter. */
export async function pythonForTests() {
  const python = join(folder, 'bin', 'python');
  const wanted = fingerprint([], [...requirements, process.platform, process.arch, root]);
  if (textOf(stamp) === wanted) return python;
  await withLock('python-test', async () => {
    if (textOf(stamp) === wanted) return;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await need('python3', ['-m', 'venv', folder], { title: 'making a Python environment for the tests' });
    await installPackages(python);
    writeFileSync(stamp, wanted);
  });
  return python;
}
