// One process of a clone at a time installs or builds; the others wait and then find the work done.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, Stop, say } from './process.js';

// To take over is a matter of milliseconds: who holds this right for longer has died while holding it.
const takeoverSeconds = 10;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** When a process began, where the system tells: a number that is given to another process later has another start. */
function startOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop().split(' ')[19];
  } catch {
    return undefined;
  }
}

/** The name and the content appear in one step, so a lock without its owner can't be seen. */
function create(lock) {
  const draft = mkdtempSync(`${lock}.`);
  writeFileSync(join(draft, 'owner.json'), JSON.stringify({ pid: process.pid, start: startOf(process.pid) }));
  try {
    renameSync(draft, lock);
    return true;
  } catch (error) {
    rmSync(draft, { recursive: true });
    if (['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) return false;
    throw error;
  }
}

function ownerOf(lock) {
  try {
    return JSON.parse(readFileSync(join(lock, 'owner.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

function lives({ pid, start }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
  }
  return start === undefined || startOf(pid) === start;
}

/** Removes the lock of a dead process. One at a time does so, or the second would remove the lock of the first. */
function takeOver(lock) {
  const right = `${lock}-takeover`;
  try {
    mkdirSync(right);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    const since = statSync(right, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > takeoverSeconds * 1000) rmSync(right, { recursive: true, force: true });
    return;
  }
  const owner = ownerOf(lock);
  if (owner !== undefined && !lives(owner)) rmSync(lock, { recursive: true, force: true });
  rmSync(right, { recursive: true, force: true });
}

/** Waits for the lock `name`, does the work and releases the lock. */
export async function withLock(name, work, { folder = join(root, '.cache'), patience = 15 * 60 } = {}) {
  mkdirSync(folder, { recursive: true });
  const lock = join(folder, `${name}.lock`);
  const release = () => rmSync(lock, { recursive: true, force: true });
  const end = Date.now() + patience * 1000;
  for (let told = false; !create(lock); ) {
    const owner = ownerOf(lock);
    if (owner !== undefined && !lives(owner)) takeOver(lock);
    else if (owner !== undefined && !told) {
      told = true;
      say(`waiting for process ${owner.pid}, which does the same in this folder`);
    }
    if (Date.now() > end) throw new Stop(`${lock} was held for ${patience} s: end its process, or remove it`);
    await pause(100);
  }
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}
