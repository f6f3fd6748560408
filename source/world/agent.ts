/**
 * Talks to templates/host: its program comes over SSH's standard input and answers in JSON lines. Nothing is installed,
 * and no secret is ever in an argument.
 */
import type { Duplex, Readable } from 'node:stream';
import {
  firstAnswer,
  inOurWords,
  isAnswer,
  type Message,
  parse,
  resultOf,
  unanswered,
  withinTime,
} from './agent-answers.ts';
import { Conversation } from './agent-conversation.ts';
import { cutOff } from './agent-cut.ts';
import { AgentPrograms, type ForVerb, type Part } from './agent-programs.ts';
import type { Streamed } from './pour.ts';
import { sudoWords } from './sudo.ts';

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

/** What is asked of a host. */
export type Request = { readonly verb: string } & Readonly<Record<string, unknown>>;

export type CallOptions = {
  readonly payload?: readonly Buffer[];
  /** Instead of `payload`, where it is more than should be held at once. */
  readonly streamed?: Streamed;
  onLine?(line: string): void;
  readonly signal?: AbortSignal;
  /** Where there is no connection, one is made only if nobody has to be asked for it. */
  readonly unasked?: boolean;
};

/** What is to come of a stream from a host. */
export type Receiving = { readonly size: number; readonly signal: AbortSignal };

/** Reads the program's length, the program, and has it answer what follows. */
const boot = [
  'import sys',
  'r=sys.stdin.buffer',
  'm=sys.modules["base"]=type(sys)("base")',
  'exec(r.read(int(r.readline())),m.__dict__)',
  'm.serve(r)',
].join(';');

/** Words that start the agent: `-I` keeps the user's own Python settings out, `-S` what the site adds. */
export function agentWords(host: AgentHost): readonly string[] {
  return [...asOwner(host), host.python, '-I', '-S', '-c', boot];
}

/** As `agentWords`, to do nothing: whether they may be run at all. */
export function idleWords(host: AgentHost): readonly string[] {
  return [...asOwner(host), host.python, '-I', '-S', '-c', ''];
}

/** Words before a command that has to run as the owner. */
export function asOwner(host: AgentHost): readonly string[] {
  return host.sudoOwner ? sudoWords(host.sudoOwner) : [];
}

/** The program and its length, as the boot line reads them. */
export function programInput(program: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${program.length}\n`), program]);
}

/** One request: its line, the parts of the agent that it names, and the payload. */
export function requestInput(
  request: Request,
  part: string,
  parts: readonly Part[],
  payload: readonly Buffer[] = [],
  streamed = 0,
): Buffer {
  const size = payload.reduce((sum, each) => sum + each.length, streamed);
  const line = { ...request, part, parts: parts.map(({ name, source }) => [name, source.length]), payload: size };
  return Buffer.concat([Buffer.from(`${JSON.stringify(line)}\n`), ...parts.map(({ source }) => source), ...payload]);
}

/** These take long, and would keep others waiting: each has an agent of its own. */
const alone = ['make-environment', 'probe', 'survey', 'climb'];

export class Agent {
  readonly #programs: AgentPrograms;
  /** By connection, and there by who answers. */
  readonly #conversations = new WeakMap<Runner, Map<string, Conversation>>();

  /** @param folder holds the programs */
  constructor(folder: string) {
    this.#programs = new AgentPrograms(folder);
  }

  /**
   * @param doing what a failure says was being done
   * @returns what the verb answered
   * @throws UserError (5) with the host's own reason
   */
  async call(
    runner: Runner,
    host: AgentHost,
    request: Request,
    doing: string,
    more: CallOptions = {},
  ): Promise<unknown> {
    const program = await this.#programs.forVerb(request.verb);
    if (!alone.includes(request.verb)) {
      const message = await this.#conversation(runner, host, program.base)
        .ask({
          parts: program.parts,
          input: (missing) => requestInput(request, program.part, missing, more.payload, more.streamed?.size),
          ...more,
        })
        .catch(inOurWords(doing));
      if (message) return resultOf(message, host, doing);
      if (more.streamed) throw await cutOff(runner, host, doing, 'to');
    }
    // Also where an agent ended without a word: alone, it is known how it ended and what it said.
    return this.#callAlone(runner, host, request, program, doing, more);
  }

  async #callAlone(
    runner: Runner,
    host: AgentHost,
    request: Request,
    { base, part, parts }: ForVerb,
    doing: string,
    more: CallOptions,
  ): Promise<unknown> {
    let answer: Message | undefined;
    const take = (line: string) => {
      const message = parse(line);
      if (message.line !== undefined) more.onLine?.(message.line);
      if (isAnswer(message)) answer = message;
    };
    const done = await runner
      .run(agentWords(host), {
        input: Buffer.concat([programInput(base), requestInput(request, part, parts, more.payload)]),
        onLine: (line, stream) => {
          if (stream === 'stdout') take(line);
        },
        ...(more.signal ? { signal: more.signal } : {}),
      })
      .catch(inOurWords(doing));
    // A long answer comes to a line reader in pieces; whole it is in what was kept.
    if (!answer) for (const line of done.stdout.split('\n')) take(line);
    // What there is in Python's place may complain on standard output.
    if (!answer) throw unanswered(host, doing, done.code, done.stderr.trim() || done.stdout);
    return resultOf(answer, host, doing);
  }

  #conversation(runner: Runner, host: AgentHost, base: Buffer): Conversation {
    const words = agentWords(host);
    const key = words.join(' ');
    const own = this.#conversations.get(runner) ?? new Map<string, Conversation>();
    this.#conversations.set(runner, own);
    const held = own.get(key);
    if (held) return held;
    const made = new Conversation(() => runner.open(words), programInput(base));
    own.set(key, made);
    return made;
  }

  /**
   * Starts an agent of its own that answers first and then is a stream of bytes.
   * @throws UserError (5) with the host's own reason
   */
  async open(runner: Runner, host: AgentHost, request: Request, doing: string): Promise<Duplex> {
    const { base, part, parts } = await this.#programs.forVerb(request.verb);
    const stream = await runner.open(agentWords(host)).catch(inOurWords(doing));
    // Unread, it would stop the channel; what there is to say comes as the first answer.
    stream.stderr.resume();
    stream.write(Buffer.concat([programInput(base), requestInput(request, part, parts)]));
    const first = await withinTime(firstAnswer(stream), () => stream.destroy());
    if (first.error) stream.destroy();
    resultOf(first, host, doing);
    return stream;
  }

  /**
   * As `open`, for a stream of so many bytes, which are read no faster than they are taken.
   * @throws UserError: 4 the connection was lost, 5 the agent ended before, or with the host's own reason
   */
  async *receive(
    runner: Runner,
    host: AgentHost,
    request: Request,
    doing: string,
    { size, signal }: Receiving,
  ): AsyncGenerator<Buffer> {
    signal.throwIfAborted();
    const stream = await this.open(runner, host, request, doing);
    const stop = () => stream.destroy();
    signal.addEventListener('abort', stop, { once: true });
    let left = size;
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        const own = chunk.subarray(0, left);
        left -= own.length;
        yield own;
        if (left === 0) return;
      }
    } catch {
      // How a stream breaks says nothing that is not found out below.
    } finally {
      signal.removeEventListener('abort', stop);
      stream.on('error', () => undefined).destroy();
    }
    signal.throwIfAborted();
    throw await cutOff(runner, host, doing, 'from');
  }
}
