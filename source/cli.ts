/**
 * argv → exit code. With start.ts, which answers for `--help` and `--version`, the only file that touches `process`. Nothing
 * heavy is loaded before a command needs it.
 */
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, CommanderError } from 'commander';
import { programOf } from './command-line/program.ts';
import { refusedWords } from './command-line/unknown.ts';
import type { Io } from './commands/context.ts';
import type { Event } from './plan/event.ts';
import { type ExitCode, exit, type Failure, failureOf, UserError } from './plan/failure.ts';
import { Secret } from './plan/secret.ts';
import { inert } from './ui/inert.ts';

/** The version of package.json, beside the bundle's folder or above the sources. */
function version(): string {
  const own = dirname(fileURLToPath(import.meta.url));
  const text = readFileSync(join(own, '..', 'package.json'), 'utf8');
  const value: unknown = JSON.parse(text);
  return value && typeof value === 'object' && 'version' in value ? String(value.version) : '0.0.0';
}

const controller = new AbortController();
// Each host listens to it; beyond ten, Node would warn of a leak.
setMaxListeners(0, controller.signal);

/** The first signal ends in order, the second at once. Where a terminal is closed, its shell and the kernel both say so. */
function interrupt(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void {
  if (signal === 'SIGHUP' && controller.signal.reason === signal) return;
  if (controller.signal.aborted) process.exit(signalCode(signal));
  controller.abort(signal);
}

function signalCode(signal: unknown): ExitCode {
  return signal === 'SIGTERM' ? 143 : signal === 'SIGHUP' ? 129 : 130;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's uid may have no entry in passwd.
    return process.env.USER ?? 'operator';
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Read once, and gone before any child or thread could inherit it. */
function takeSecrets(): Pick<Io, 'caPassphrase' | 'sudoPassword'> {
  const { FL_WIZARD_CA_PASSPHRASE: passphrase, FL_WIZARD_SUDO_PASSWORD: password } = process.env;
  delete process.env.FL_WIZARD_CA_PASSPHRASE;
  delete process.env.FL_WIZARD_SUDO_PASSWORD;
  return {
    ...(passphrase ? { caPassphrase: new Secret(passphrase) } : {}),
    ...(password ? { sudoPassword: new Secret(password) } : {}),
  };
}

let secrets: Pick<Io, 'caPassphrase' | 'sudoPassword'> = {};

function ioOf(): Io {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    home: process.env.HOME ?? homedir(),
    user: userName(),
    ...secrets,
    processes: { pid: process.pid, alive },
    signal: controller.signal,
    interrupt: () => interrupt('SIGINT'),
  };
}

let exitCode: number = exit.done;

/** All commands and what they take. */
export function program(): Command {
  const ended = (code: number) => {
    exitCode = code;
  };
  return programOf({ version: version(), io: ioOf, ended });
}

/** A failure as it is read above a prompt. */
function words(failure: Failure): string {
  const where = failure.host && !failure.doing.includes(failure.host) ? ` (${failure.host})` : '';
  // A list of what is wrong has lines of its own; what hosts say is made inert line by line.
  const lines = [
    `${failure.doing}${where} failed.`,
    `  Why  ${failure.why}`,
    ...(failure.hint ? [`  Try  ${failure.hint}`] : []),
  ];
  return `${lines
    .flatMap((line) => line.split('\n'))
    .map((line) => inert(line))
    .join('\n')}\n`;
}

function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exit.done : report(refusedWords(error));
  if (asJson()) process.stdout.write(`${JSON.stringify(lastEvent(error))}\n`);
  if (error instanceof UserError) {
    process.stderr.write(words(error.failure));
    return error.failure.exitCode;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`This is a bug in fl-wizard ${version()}; please report it with what follows.\n${stack}\n`);
  return exit.bug;
}

/** Of the words themselves: what they say may be what is wrong. */
function asJson(): boolean {
  const [...words] = process.argv.slice(2);
  return (words.includes('--') ? words.slice(0, words.indexOf('--')) : words).includes('--json');
}

/** What a program reads of a trouble that ended all: the words on stderr are for people. */
function lastEvent(error: unknown): Event {
  const failure = failureOf(error, 'Running fl-wizard');
  const ended = { outcome: 'failed', exitCode: failure.exitCode, failures: [failure] } as const;
  return { type: 'session-finished', time: new Date().toISOString(), ...ended };
}

/** The end of what was asked for, printed only after all of it left. */
async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return;
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

/** The program, from what was typed to the end of the process. */
export async function main(): Promise<void> {
  secrets = takeSecrets();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt(signal));
  // A reader that went away (`| head -1`) is no error; what did not reach its file is one.
  let unwritten: Error | undefined;
  const failed = (error: Error) => {
    if (!('code' in error) || error.code !== 'EPIPE') unwritten ??= error;
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', failed);
  try {
    await program().parseAsync(process.argv);
  } catch (error) {
    exitCode = controller.signal.aborted ? signalCode(controller.signal.reason) : report(error);
  }
  if (controller.signal.aborted) exitCode = signalCode(controller.signal.reason);
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // Errors of a stream come a turn later.
  await new Promise((resolve) => setImmediate(resolve));
  if (unwritten) {
    const why = `not all of it could be written (${unwritten.message})`;
    exitCode = report(new UserError({ exitCode: exit.local, doing: 'Printing', why, hint: 'free some space' }));
  }
  process.exit(exitCode);
}
