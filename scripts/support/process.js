// Child processes of the scripts: seen while they run, ended when we are.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** What the user has to change; printed without a stack. */
export class Stop extends Error {}

/** The words of people go to stderr: stdout belongs to what was asked for. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}

const children = new Set();

// Enough for tests to end what they started. npm would go on for half a minute; what it leaves is installed anew.
const secondsToEnd = 5;

/** The whole group: vitest, for one, ends without its workers. */
function tell(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody is left in it.
  }
}

function endAll() {
  for (const child of children) tell(child, 'SIGKILL');
  process.exit();
}

/** The children are told, and get some time to end in their own way; a second signal doesn't wait for that. */
function passOn(signal) {
  process.exitCode = 128 + constants.signals[signal];
  for (const child of children) tell(child, signal);
  if (children.size === 0) process.exit();
  setTimeout(endAll, secondsToEnd * 1000);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => (process.exitCode >= 128 ? endAll() : passOn(signal)));
}

/** Says every few seconds that the work goes on: where nothing moves, people press Ctrl-C. */
function keepSaying(title) {
  const start = Date.now();
  const timer = setInterval(() => say(`${title} … ${Math.round((Date.now() - start) / 1000)} s`), 4000);
  return () => clearInterval(timer);
}

/**
 * Runs a command to its end and gives its exit code (128 + n after a signal). With a `title`, its output is kept
 * and shown only if it fails; else it goes to `stdout` ('inherit', or 2 for our stderr).
 */
export async function run(command, args, { title, cwd = root, env = process.env, stdout = 2 } = {}) {
  if (title !== undefined) say(title);
  const silence = title === undefined ? () => {} : keepSaying(title);
  const output = [];
  const stdio = title === undefined ? ['ignore', stdout, 2] : ['ignore', 'pipe', 'pipe'];
  // In a group of its own, or Ctrl-C in a terminal would reach it twice: from there and from us.
  const child = spawn(command, args, { cwd, env, stdio, detached: true });
  children.add(child);
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => output.push(chunk));
  try {
    const [code, signal] = await once(child, 'close');
    // A signal came in meanwhile: the child has ended in its own way, and what would be next isn't wanted any more.
    if (process.exitCode >= 128) endAll();
    const status = code ?? 128 + constants.signals[signal];
    if (status !== 0) process.stderr.write(Buffer.concat(output));
    return status;
  } finally {
    silence();
    children.delete(child);
  }
}

/** As `run`, for what nothing can go on without. */
export async function need(command, args, options) {
  const status = await run(command, args, options).catch((error) => {
    throw new Stop(`${command}: ${error.message}`);
  });
  if (status !== 0) throw new Stop(`${[command, ...args].join(' ')} ended with ${status}`);
}

/** Whether a script was started, and not imported by another. */
export function isStarted(url) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url);
}

/** Runs a script's main function: a `Stop` is a sentence, everything else is a bug with its stack. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    say(error instanceof Stop ? error.message : error.stack);
    process.exitCode ||= 1;
  }
}
