/** How the benchmarks run a program, and the folders that it works in. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Nothing of who runs it: CI's variables would switch the screen off. */
export const environment = { PATH: process.env.PATH ?? '', TERM: 'xterm-256color', LANG: 'C.UTF-8' };

const folders: string[] = [];
// At the end only: ext4 looks through what was deleted within the last minutes whenever it makes a file.
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed at the end. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fl-wizard-benchmark-'));
  folders.push(folder);
  return folder;
}

/** How a program ended: seconds on the clock and of CPU, with all that it started, and the last of what it said. */
export type Ended = { readonly seconds: number; readonly cpu: number; readonly said: string };

/** Linux counts in hundredths of a second (USER_HZ). */
const ticks = 100;

/** Seconds of CPU of our children that have ended, and of theirs (proc_pid_stat(5)). */
function cpuOfEnded(): number {
  // The name in parentheses may hold anything.
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  const [user = 0, system = 0] = fields.slice(13, 15).map(Number);
  return (user + system) / ticks;
}

/** Runs a program to its end; what it says is kept for when it fails. One at a time, or its CPU is another's too. */
export function run(
  command: string,
  words: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const before = cpuOfEnded();
    const started = performance.now();
    const child = spawn(command, words, {
      cwd,
      env: { ...environment, HOME: cwd, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => {
        said = (said + bytes).slice(-5000);
      });
    child.on('error', reject);
    child.on('close', (code) => {
      const seconds = (performance.now() - started) / 1000;
      if (code === 0) resolve({ seconds, cpu: cpuOfEnded() - before, said });
      else reject(new Error(`${command} ${words.join(' ')} ended with ${code}\n${said}`));
    });
  });
}
