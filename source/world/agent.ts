/**
 * Talks to templates/host/agent.py: one SSH exec a call, the program and its request on standard input, JSON lines
 * back. Nothing is installed, and no secret is ever in an argument.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import { exit, UserError } from '../plan/failure.ts';

/** The part of an SSH session that is needed here. */
export type Runner = {
  run(
    words: readonly string[],
    options?: {
      input?: Buffer | string;
      onLine?(line: string, stream: 'stdout' | 'stderr'): void;
      signal?: AbortSignal;
    },
  ): Promise<{ code: number; stdout: string; stderr: string }>;
  open(words: readonly string[]): Promise<Duplex & { readonly stderr: Readable }>;
};

export type AgentHost = {
  readonly name: string;
  readonly python: string;
  /** Set where the owner is another user than the one that logs in. */
  readonly sudoOwner?: string;
};

/** Reads the program's length, the program, and runs it; what follows on standard input is the program's. */
const boot = 'import sys;exec(compile(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())),"agent","exec"))';

/** Words that start the agent: `-I` keeps the user's own Python settings out. */
export function agentWords(host: AgentHost): readonly string[] {
  return [...asOwner(host), host.python, '-I', '-c', boot];
}

/** Words before a command that has to run as the owner. */
export function asOwner(host: AgentHost): readonly string[] {
  return host.sudoOwner ? ['sudo', '-n', '-H', '-u', host.sudoOwner, '--'] : [];
}

export function agentInput(program: Buffer, request: object, payload: readonly Buffer[] = []): Buffer {
  return Buffer.concat([
    Buffer.from(`${program.length}\n`),
    program,
    Buffer.from(`${JSON.stringify(request)}\n`),
    ...payload,
  ]);
}

type Message = { line?: string; result?: unknown; error?: { why: string; hint?: string | null } };

function parse(line: string): Message {
  // A login script may print lines of its own before ours.
  if (!line.startsWith('{')) return {};
  try {
    const value: unknown = JSON.parse(line);
    return value && typeof value === 'object' ? messageOf(value) : {};
  } catch {
    return {};
  }
}

/** Only what has the shape that ours have: it comes from another machine. */
function messageOf(value: object): Message {
  const { line, error } = value as { line?: unknown; error?: unknown };
  const { why, hint } = (error ?? {}) as { why?: unknown; hint?: unknown };
  return {
    ...(typeof line === 'string' ? { line } : {}),
    ...('result' in value ? { result: value.result } : {}),
    ...(error === undefined ? {} : { error: { why: String(why), hint: typeof hint === 'string' ? hint : null } }),
  };
}

export class Agent {
  readonly #folder: string;
  readonly #programs = new Map<string, Promise<Buffer>>();

  /** @param folder holds agent.py and relay.py */
  constructor(folder: string) {
    this.#folder = folder;
  }

  #program(name: 'agent.py' | 'relay.py'): Promise<Buffer> {
    const program = this.#programs.get(name) ?? readFile(join(this.#folder, name));
    this.#programs.set(name, program);
    return program;
  }

  /**
   * @param doing what a failure says was being done
   * @returns what the verb answered
   * @throws UserError (5) with the host's own reason
   */
  async call(
    runner: Runner,
    host: AgentHost,
    request: { readonly verb: string },
    doing: string,
    more: { payload?: readonly Buffer[]; onLine?(line: string): void; signal?: AbortSignal } = {},
  ): Promise<unknown> {
    let answer: Message | undefined;
    const take = (line: string) => {
      const message = parse(line);
      if (message.line !== undefined) more.onLine?.(message.line);
      if ('result' in message || message.error) answer = message;
    };
    const done = await runner.run(agentWords(host), {
      input: agentInput(await this.#program('agent.py'), request, more.payload),
      onLine: (line, stream) => {
        if (stream === 'stdout') take(line);
      },
      ...(more.signal ? { signal: more.signal } : {}),
    });
    // A long answer comes to a line reader in pieces; whole it is in what was kept.
    if (!answer) for (const line of done.stdout.split('\n')) take(line);
    if (answer?.error) throw remoteFailure(host.name, doing, answer.error.why, answer.error.hint ?? undefined);
    if (answer && 'result' in answer) return answer.result;
    throw unanswered(host, doing, done.code, done.stderr);
  }

  /** A byte stream to a TCP port as seen from the host. @throws UserError (5) telling DNS, refused and timed out apart */
  async relay(runner: Runner, host: AgentHost, to: { host: string; port: number }, doing: string): Promise<Duplex> {
    const stream = await runner.open(agentWords(host));
    // Unread, it would stop the channel; what a relay has to say comes as its first answer.
    stream.stderr.resume();
    stream.write(agentInput(await this.#program('relay.py'), to));
    const first = await withinTime(firstAnswer(stream), () => stream.destroy());
    if (first.error) {
      stream.destroy();
      throw remoteFailure(host.name, doing, first.error.why, first.error.hint ?? undefined);
    }
    return stream;
  }
}

/** A relay that does not even say that it failed is given up: its own timeout is 10 s. */
const relaySeconds = 20;

function withinTime(answer: Promise<Message>, late: () => void): Promise<Message> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      late();
      resolve({ error: { why: `the relay on the host said nothing for ${relaySeconds} s` } });
    }, relaySeconds * 1000);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Reads up to and including the first line that is an answer; the bytes behind it stay in the stream. */
function firstAnswer(stream: Duplex): Promise<Message> {
  return new Promise((resolve) => {
    let held = Buffer.alloc(0);
    const finish = (message: Message, rest: Buffer) => {
      stream.off('readable', read).off('end', ended).off('error', broken);
      if (rest.length > 0) stream.unshift(rest);
      resolve(message);
    };
    const ended = () => finish({ error: { why: 'the relay on the host ended before it connected' } }, Buffer.alloc(0));
    const broken = ({ message }: Error) =>
      finish({ error: { why: `the relay's connection broke: ${message}` } }, Buffer.alloc(0));
    const read = () => {
      for (let chunk: Buffer | null = stream.read(); chunk !== null; chunk = stream.read()) {
        held = Buffer.concat([held, chunk]);
        for (let end = held.indexOf(10); end >= 0; end = held.indexOf(10)) {
          const message = parse(held.subarray(0, end).toString('utf8'));
          held = held.subarray(end + 1);
          if ('result' in message || message.error) {
            finish(message, held);
            return;
          }
        }
      }
    };
    stream.on('readable', read).on('end', ended).on('error', broken);
  });
}

function remoteFailure(host: string, doing: string, why: string, hint?: string): UserError {
  return new UserError({ exitCode: exit.remote, host, doing, why, ...(hint ? { hint } : {}) });
}

/** The agent did not answer: Python, or sudo, is what is missing. */
function unanswered(host: AgentHost, doing: string, code: number, stderr: string): UserError {
  const last = stderr.trim().split('\n').at(-1) ?? '';
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
  return remoteFailure(host.name, doing, `Python ended with ${code}: ${last || 'no word of why'}`);
}
