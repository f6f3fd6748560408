/** What comes back from a host's agent, read with care: it comes from another machine. */
import type { Duplex } from 'node:stream';
import { exit, UserError } from '../plan/failure.ts';
import { lastLine } from '../ssh/said.ts';
import type { AgentHost } from './agent.ts';

export type Message = { line?: string; result?: unknown; error?: { why: string; hint?: string | null } };

/** A line as a message; one that is none (a login script may print some) is empty. */
export function parse(line: string): Message {
  if (!line.startsWith('{')) return {};
  try {
    const value: unknown = JSON.parse(line);
    return value && typeof value === 'object' ? messageOf(value) : {};
  } catch {
    return {};
  }
}

/** Only what has the shape that ours have. */
function messageOf(value: object): Message {
  const { line, error } = value as { line?: unknown; error?: unknown };
  const { why, hint } = (error ?? {}) as { why?: unknown; hint?: unknown };
  return {
    ...(typeof line === 'string' ? { line } : {}),
    ...('result' in value ? { result: value.result } : {}),
    ...(error === undefined ? {} : { error: { why: String(why), hint: typeof hint === 'string' ? hint : null } }),
  };
}

export const isAnswer = (message: Message) => 'result' in message || message.error !== undefined;

/** More than any answer of ours; a line that goes on beyond it is nobody's. */
const longestLine = 16 * 1024 * 1024;

/** Cuts bytes into whole lines, however long. */
export class WholeLines {
  #held: Buffer[] = [];
  #size = 0;

  /**
   * The lines that end in these bytes; the bytes behind the last of them are kept for later.
   * @param only none of them where it matches in none: to cut them costs more than to look through them
   */
  take(chunk: Buffer, only?: RegExp): readonly string[] {
    const end = chunk.lastIndexOf(10);
    if (end < 0) {
      this.#hold(chunk);
      return [];
    }
    const text = Buffer.concat([...this.#held, chunk.subarray(0, end)]).toString('utf8');
    this.#held = [];
    this.#size = 0;
    this.#hold(chunk.subarray(end + 1));
    return only?.test(text) === false ? [] : text.split('\n');
  }

  #hold(rest: Buffer): void {
    this.#size += rest.length;
    // A copy: the bytes around it need not be kept, and whoever reads may use the same ones again.
    if (this.#size <= longestLine && rest.length > 0) this.#held.push(Buffer.from(rest));
  }
}

/** A stream that does not even say that it failed is given up: a relay's own timeout is 10 s. */
const answerSeconds = 20;

export function withinTime(answer: Promise<Message>, late: () => void): Promise<Message> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      late();
      resolve({ error: { why: `it said nothing for ${answerSeconds} s` } });
    }, answerSeconds * 1000);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Reads up to and including the first line that is an answer; the bytes behind it stay in the stream. */
export function firstAnswer(stream: Duplex): Promise<Message> {
  return new Promise((resolve) => {
    let held = Buffer.alloc(0);
    const finish = (message: Message, rest: Buffer) => {
      stream.off('readable', read).off('end', ended).off('error', broken);
      if (rest.length > 0) stream.unshift(rest);
      resolve(message);
    };
    const ended = () => finish({ error: { why: 'it ended without a word' } }, Buffer.alloc(0));
    const broken = ({ message }: Error) =>
      finish({ error: { why: `the connection broke: ${message}` } }, Buffer.alloc(0));
    const read = () => {
      for (let chunk: Buffer | null = stream.read(); chunk !== null; chunk = stream.read()) {
        held = Buffer.concat([held, chunk]);
        for (let end = held.indexOf(10); end >= 0; end = held.indexOf(10)) {
          const message = parse(held.subarray(0, end).toString('utf8'));
          held = held.subarray(end + 1);
          if (isAnswer(message)) {
            finish(message, held);
            return;
          }
        }
      }
    };
    stream.on('readable', read).on('end', ended).on('error', broken);
  });
}

export function remoteFailure(host: string, doing: string, why: string, hint?: string): UserError {
  return new UserError({ exitCode: exit.remote, host, doing, why, ...(hint ? { hint } : {}) });
}

/** What could not be run is told as what it was for: how an agent is started means nothing to people. */
export function inOurWords(doing: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof UserError ? new UserError({ ...error.failure, doing }) : error;
  };
}

/** The result, or the host's own reason thrown. */
export function resultOf(message: Message, host: AgentHost, doing: string): unknown {
  if (message.error) throw remoteFailure(host.name, doing, message.error.why, message.error.hint ?? undefined);
  return message.result;
}

/**
 * The agent did not answer: Python, or sudo, is what is missing.
 * @param said what was printed in place of an answer
 */
export function unanswered(host: AgentHost, doing: string, code: number, said: string): UserError {
  const last = lastLine(said);
  if (code === 127 || code === 126 || /not found|No such file/i.test(last))
    return remoteFailure(
      host.name,
      doing,
      `${host.python} is not there (${last || `exit code ${code}`})`,
      'install Python 3.11 or newer (apt install python3 python3-venv), or set remote.python',
    );
  if (host.sudoOwner && /sudo/i.test(last))
    return remoteFailure(
      host.name,
      doing,
      `the login user may not become ${host.sudoOwner} without a password: ${last}`,
      `allow it in sudoers, or log in as ${host.sudoOwner}`,
    );
  return remoteFailure(
    host.name,
    doing,
    `${/^Traceback/m.test(said) ? 'Python ended with' : `${host.python} does not run there: exit code`} ${code}, ${last || 'and no word of why'}`,
    `may this user run commands there, and does a login script (~/.bashrc) read, or end? Try: fl-wizard ssh ${host.name} -- python3 --version`,
  );
}
