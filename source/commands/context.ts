/** What every command gets: the options that all take, and the ends of the process. */
import type { ExitCode } from '../plan/failure.ts';
import type { Secret } from '../plan/secret.ts';
import type { Options } from '../plan/step.ts';
import type { Processes } from '../world/lock.ts';

/** The process, as far as commands may know it. Made by `cli.ts`. */
export type Io = {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  readonly user: string;
  /** Of --ca-passphrase-file, or FL_WIZARD_CA_PASSPHRASE: no longer in `env`, and in no child's environment. */
  readonly caPassphrase?: Secret;
  /** Of --sudo-password-file, or FL_WIZARD_SUDO_PASSWORD, likewise. */
  readonly sudoPassword?: Secret;
  readonly processes: Processes;
  /** Aborted by SIGINT, SIGTERM and SIGHUP; the reason is the signal's name. */
  readonly signal: AbortSignal;
  /** What Ctrl-C does where a screen reads the keys. */
  interrupt(): void;
};

/** The options that every command takes. */
export type Common = {
  readonly directory?: string;
  readonly file?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly showCommands?: boolean;
  readonly json?: boolean;
  readonly only?: readonly string[];
  readonly parallel: number;
  readonly acceptNewHostKeys?: boolean;
  readonly sudoPasswordFile?: string;
  readonly plain?: boolean;
  readonly color?: boolean;
  readonly verbose?: boolean;
};

export type Call = {
  /** For the lock and the screen: `up`, `certs`, … */
  readonly command: string;
  readonly common: Common;
  readonly options: Options;
  readonly version: string;
  readonly io: Io;
};

export type Command<Rest extends readonly unknown[] = []> = (call: Call, ...rest: Rest) => Promise<ExitCode>;

/** Whether somebody is there to be asked. */
export function interactive({ io, common }: Call): boolean {
  return io.stdin.isTTY === true && io.stdout.isTTY === true && !common.yes && !common.json;
}

/**
 * Whether a screen can be drawn: a terminal that understands more than lines, before somebody who sees it. Who listens says so
 * once, as to every program that is drawn with Ink: a picture that is put right in places is heard in pieces, and Ink's own
 * form for screen readers writes, and has read aloud, all of it again whenever a word of it changes.
 */
export function hasScreen({ io, common }: Call): boolean {
  const dumb = io.env.TERM === 'dumb' || io.env.TERM === undefined;
  const listens = io.env.INK_SCREEN_READER === 'true';
  return io.stdout.isTTY === true && io.stdin.isTTY === true && !common.json && !common.plain && !dumb && !listens;
}

export function colors({ io, common }: Call): boolean {
  return io.stdout.isTTY === true && common.color !== false && !io.env.NO_COLOR && io.env.TERM !== 'dumb';
}

/** Symbols beyond ASCII only where the locale says that they arrive. */
export function unicode({ io }: Call): boolean {
  return /utf-?8/i.test(io.env.LC_ALL || io.env.LC_CTYPE || io.env.LANG || '');
}

/** A question on screen ends with the process: a signal answers it as somebody who leaves would. */
export function orAborted<T>(asked: Promise<T>, signal: AbortSignal, instead: T): Promise<T> {
  if (signal.aborted) return Promise.resolve(instead);
  return new Promise((resolve, reject) => {
    const leave = () => resolve(instead);
    signal.addEventListener('abort', leave, { once: true });
    asked.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
