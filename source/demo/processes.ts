import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** The environment variable that every process started on a demo host carries. */
export const marker = 'FL_WIZARD_DEMO';

/** Time for processes to end by themselves, then for a killed one to be gone, in milliseconds. */
const grace = 3000;
/** How often to look whether they have: there is no event for the end of somebody else's child. */
const interval = 20;

/**
 * Ends every process that carries our token, also daemons that left their session: TERM, after three seconds KILL;
 * returns when they are gone.
 */
export async function endMarked(token: string): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const until = Date.now() + grace;
    const told = new Set<number>();
    while (Date.now() < until) {
      const left = await marked(token);
      if (left.length === 0) return;
      // Looked for each time anew: a process may start another while it ends.
      for (const pid of left.filter((pid) => !told.has(pid))) {
        told.add(pid);
        send(pid, signal);
      }
      await sleep(interval);
    }
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended.
  }
}

/** The processes that carry our token in their environment. A zombie has none any more, so it doesn't count. */
export async function marked(token: string): Promise<number[]> {
  return process.platform === 'linux' ? markedLinux(token) : markedByPs(token);
}

async function markedLinux(token: string): Promise<number[]> {
  const wanted = `${marker}=${token}`;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      // Others' processes can't be read, and one may end meanwhile.
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      return environment.split('\0').includes(wanted) ? [Number(pid)] : [];
    }),
  );
  return found.flat().filter((pid) => pid !== process.pid);
}

/** On macOS and the BSDs `ps` shows the environment of one's own processes behind the command. */
async function markedByPs(token: string): Promise<number[]> {
  const output = await promisify(execFile)('ps', ['-axEww', '-o', 'pid=,command=']).catch(() => ({ stdout: '' }));
  const lines = output.stdout.split('\n').filter((line) => line.includes(`${marker}=${token}`));
  return lines.map((line) => Number.parseInt(line, 10)).filter((pid) => pid > 0 && pid !== process.pid);
}
