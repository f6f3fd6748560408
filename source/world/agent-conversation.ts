/**
 * One agent on one host, started once and asked many things: a start is what a host pays (Python alone 10 ms, and two
 * round trips), so looks, uploads and small changes share one.
 */
import type { Duplex, Readable } from 'node:stream';
import { isAnswer, type Message, parse, WholeLines } from './agent-answers.ts';
import type { Part } from './agent-programs.ts';
import { pour, type Streamed } from './pour.ts';

type Opened = Duplex & { readonly stderr: Readable };
type Listener = { message(message: Message): void; ended(): void };

/** What one request sends. `input` is given the parts that were not sent yet. */
export type Asking = {
  readonly parts: readonly Part[];
  input(missing: readonly Part[]): Buffer;
  /** What comes behind it. */
  readonly streamed?: Streamed;
  onLine?(line: string): void;
  readonly signal?: AbortSignal;
};

export class Conversation {
  readonly #start: () => Promise<Opened>;
  readonly #program: Buffer;
  #unsent: Buffer = Buffer.alloc(0);
  #stream: Opened | undefined;
  #sent = new Set<string>();
  #turn: Promise<unknown> = Promise.resolve();
  #listener: Listener | undefined;

  /**
   * @param start starts the agent; the stream is its standard input and output
   * @param program what it reads first
   */
  constructor(start: () => Promise<Opened>, program: Buffer) {
    this.#start = start;
    this.#program = program;
  }

  /**
   * Asks, after what was asked before. Nothing where the agent ended without an answer: then it has to be asked in
   * another way, and is started anew for the next.
   * @throws what starting throws; what reading what is streamed throws; the reason of `signal`
   */
  ask(asking: Asking): Promise<Message | undefined> {
    const turn = this.#turn.then(() => this.#ask(asking));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #ask({ parts, input, streamed, onLine, signal }: Asking): Promise<Message | undefined> {
    signal?.throwIfAborted();
    this.#stream ??= await this.#open();
    const stream = this.#stream;
    const missing = parts.filter(({ name }) => !this.#sent.has(name));
    for (const { name } of missing) this.#sent.add(name);
    const answer = this.#next(onLine);
    const stop = () => stream.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      if (signal?.aborted) stop();
      else {
        stream.write(this.#withProgram(input(missing)));
        if (streamed) await pour(stream, streamed, answer);
      }
      const message = await answer;
      signal?.throwIfAborted();
      return message;
    } catch (error) {
      // The agent waits for bytes that will never come.
      stream.destroy();
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#listener = undefined;
    }
  }

  /** The program goes with the first request, in one packet where it fits. */
  #withProgram(input: Buffer): Buffer {
    const all = Buffer.concat([this.#unsent, input]);
    this.#unsent = Buffer.alloc(0);
    return all;
  }

  async #open(): Promise<Opened> {
    const stream = await this.#start();
    this.#sent = new Set();
    this.#unsent = this.#program;
    const lines = new WholeLines();
    const ended = () => {
      // The end of one that gave way to another concerns nobody any more.
      if (this.#stream !== stream) return;
      this.#stream = undefined;
      this.#listener?.ended();
    };
    // Unread, it would stop the channel; whoever finds no answer asks again and reads it then.
    stream.stderr.resume();
    stream.on('data', (chunk: Buffer) => {
      for (const line of lines.take(chunk)) this.#listener?.message(parse(line));
    });
    stream.on('end', ended).on('close', ended).on('error', ended);
    return stream;
  }

  #next(onLine: Asking['onLine']): Promise<Message | undefined> {
    return new Promise((resolve) => {
      this.#listener = {
        message: (message) => {
          if (message.line !== undefined) onLine?.(message.line);
          if (isAnswer(message)) resolve(message);
        },
        ended: () => resolve(undefined),
      };
    });
  }
}
