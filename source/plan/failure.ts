/**
 * Two kinds of trouble: one that the user can do something about, and a bug of ours.
 * Anything thrown that is not a `UserError` is a bug (exit code 1).
 */

/** The exit codes of the program, in the words of its interface. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 129 | 130 | 143;

export const exit = {
  done: 0,
  bug: 1,
  invalid: 2,
  local: 3,
  connection: 4,
  remote: 5,
  proof: 6,
  locked: 7,
  declined: 8,
} as const satisfies Record<string, ExitCode>;

/** What went wrong, as it is printed and as it travels in events. Never holds a secret. */
export type Failure = {
  readonly exitCode: ExitCode;
  readonly host?: string;
  /** What was being done and for which host or file: "Uploading certificates to client1". */
  readonly doing: string;
  /** One sentence of why. */
  readonly why: string;
  /** One line of what to try. */
  readonly hint?: string;
  /** What the one that failed had to say of it: the last lines of a traceback. */
  readonly said?: readonly string[];
  /** A command that does by hand what failed. */
  readonly byHand?: string;
  /** Keys of fl-network.yaml that would end it, with a value that does: who edits it finds them written. */
  readonly change?: Readonly<Record<string, string | number>>;
  /** Nothing is wrong: it was a look alone, and what is missing is somebody's yes, who is asked when the step is done. */
  readonly asks?: 'host-key';
  /** Where it is to be mended, if that is not fl-network.yaml. */
  readonly place?: Place;
};

/** A file below the project's folder, and the line in it that is wrong, counted from 1. */
export type Place = { readonly file: string; readonly line?: number };

/** What is to be edited: the file that the first trouble names, where all of them name one. */
export function placeOf(failures: readonly Failure[]): Place | undefined {
  return failures.length > 0 && failures.every(({ place }) => place !== undefined) ? failures[0]?.place : undefined;
}

/** Whether all of it is that somebody is to be asked first. */
export function onlyAsks(failures: readonly Failure[]): boolean {
  return failures.length > 0 && failures.every(({ asks }) => asks !== undefined);
}

/** Trouble that has a cause outside of this program. */
export class UserError extends Error {
  readonly failure: Failure;
  /** What else failed with it: at other hosts that were asked at once. */
  readonly others: readonly Failure[];

  constructor(failure: Failure, others: readonly Failure[] = []) {
    super(`${failure.doing}: ${failure.why}`);
    this.name = 'UserError';
    this.failure = failure;
    this.others = others;
  }
}

/** The failure that stands for anything that was thrown. */
export function failureOf(error: unknown, doing: string, host?: string): Failure {
  if (error instanceof UserError) return host && !error.failure.host ? { ...error.failure, host } : error.failure;
  const message = error instanceof Error ? error.message : String(error);
  return {
    exitCode: exit.bug,
    doing,
    why: `this is a bug in fl-wizard: ${message}`,
    hint: 'run it again with --verbose and report what it prints',
    ...(host ? { host } : {}),
  };
}

/** With several failures the exit code is the first present of these (interface, "Exit codes"). */
const precedence: readonly ExitCode[] = [130, 143, 129, 1, 6, 5, 4, 3, 2, 7, 8];

/** The one exit code that stands for several. */
export function worst(codes: Iterable<ExitCode>): ExitCode {
  const present = new Set(codes);
  return precedence.find((code) => present.has(code)) ?? 0;
}

/** The same trouble of several hosts. */
export type Trouble = { readonly failure: Failure; readonly hosts: readonly string[] };

/** Hosts with the same trouble are told of together. */
export function troubles(failures: readonly Failure[]): readonly Trouble[] {
  const found = new Map<string, { failure: Failure; hosts: string[] }>();
  for (const failure of failures) {
    const key = `${failure.why}\n${failure.hint ?? ''}`;
    const known = found.get(key) ?? { failure, hosts: [] };
    if (failure.host && !known.hosts.includes(failure.host)) known.hosts.push(failure.host);
    found.set(key, known);
  }
  return [...found.values()];
}

/** What approves a step's plan headless: only these change certificates. */
export function approves(step: string): string {
  const certificates = ['config', 'certs', 'deploy'].includes(step);
  return `--yes approves it${certificates ? '; where certificates in use become invalid, also --allow-reissue' : ''}`;
}

/** Whose failures these are, each once; what failed here is nobody's. */
export function troubledHosts(failures: readonly Failure[]): ReadonlySet<string> {
  return new Set(failures.flatMap(({ host }) => host ?? []));
}
