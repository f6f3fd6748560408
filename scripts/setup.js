// Makes a fresh clone ready: looks for Node and Python, installs the node modules. The other scripts begin with this.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fingerprint, textOf } from './support/fingerprint.js';
import { withLock } from './support/lock.js';
import { isStarted, main, need, root, Stop } from './support/process.js';

// Ink 6 and commander 14 need this Node; Flower 1.41 this Python.
const oldestNode = [20, 19];
const oldestPython = [3, 10];

const stamp = join(root, 'node_modules', '.fl-wizard-stamp');

const atLeast = ([major, minor], [wantedMajor, wantedMinor]) =>
  major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);

export function checkNode(version = process.versions.node) {
  if (atLeast(version.split('.').map(Number), oldestNode)) return;
  throw new Stop(`Node ${version} is too old: install Node ${oldestNode.join('.')} or newer (22 LTS, for example)`);
}

/** The hosts of the demo are this machine, so the Python here is the Python there. */
export function checkPython(command = 'python3') {
  // ensurepip is what Debian leaves out of its python3 package.
  const probe = 'import sys, venv, ensurepip; print(*sys.version_info[:2])';
  const { status, stdout } = spawnSync(command, ['-c', probe], { encoding: 'utf8' });
  if (status === 0 && atLeast(stdout.trim().split(' ').map(Number), oldestPython)) return;
  throw new Stop(
    `Python ${oldestPython.join('.')} or newer with venv is needed as ${command}: ` +
      '`apt-get install python3 python3-venv` (Debian, Ubuntu), `brew install python` (macOS)',
  );
}

const forThisMachine = ({ os, cpu }) =>
  os !== undefined && cpu !== undefined && os.includes(process.platform) && cpu.includes(process.arch);

/**
 * Whether what npm noted about node_modules is what package-lock.json asks for. So an install made by hand counts,
 * and one for another kind of machine (a folder shared with a container) doesn't.
 */
function asLocked() {
  const noted = textOf(join(root, 'node_modules', '.package-lock.json'));
  if (noted === undefined) return false;
  const { packages: installed } = JSON.parse(noted);
  const { packages: wanted } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.libc !== undefined) return true;
    if ((entry.optional || entry.peer) && installed[path] === undefined) return !forThisMachine(entry);
    return installed[path]?.version === entry.version && installed[path]?.integrity === entry.integrity;
  });
}

export async function installModules() {
  const wanted = fingerprint(['package-lock.json'], [process.platform, process.arch]);
  const ready = () => textOf(stamp) === wanted;
  if (ready()) return;
  await withLock('install', async () => {
    if (ready()) return;
    if (!asLocked()) {
      const args = ['ci', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
      await need('npm', args, { title: 'installing node modules' });
    }
    mkdirSync(join(root, 'node_modules'), { recursive: true });
    writeFileSync(stamp, wanted);
  });
}

export async function setup() {
  checkNode();
  checkPython();
  await installModules();
}

if (isStarted(import.meta.url)) await main(setup);
