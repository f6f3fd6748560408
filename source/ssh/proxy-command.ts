import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { splitLines } from './output.ts';
import { plain } from './said.ts';

/** What it says last may come a moment after its end; somebody who holds its stderr open is not waited for longer. */
const lastWords = 500;

/** How a ProxyCommand ended, and the last line of its stderr, which is often the reason. */
export type ProxyEnd = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/**
 * A connection over the stdin and stdout of a command, run as ssh runs a ProxyCommand. It is in a process group of its
 * own, so that it ends with all that it started; so it has no terminal, and can ask nobody.
 */
export class ProxyCommand extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  #gone = false;
  #end: ProxyEnd | undefined;
  #lastLine = '';

  /** @param command a line for the shell, nothing left to expand */
  constructor(command: string) {
    // Nobody answers any more once it says nothing more.
    super({ allowHalfOpen: false });
    const child = spawn('/bin/sh', ['-c', `exec ${command}`], { stdio: 'pipe', detached: true });
    this.#child = child;
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    const lines = splitLines((line) => {
      this.#lastLine = plain(line) || this.#lastLine;
    });
    child.stderr.on('data', (chunk: Buffer) => lines.push(chunk));
    child.stderr.once('end', () => lines.end());
    // Written to one that has ended: its end tells more.
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => this.destroy(error));
    child.once('exit', (code, signal) => {
      this.#end = { code, signal };
    });
    child.stdout.once('end', () => setTimeout(() => this.push(null), lastWords).unref());
    child.once('close', () => {
      this.#gone = true;
      this.push(null);
    });
  }

  /** How it ended, while it runs nothing. */
  get ending(): ProxyEnd | undefined {
    return this.#end;
  }

  /** What it said last on stderr, without the name of the shell. */
  get lastLine(): string {
    return this.#lastLine.replace(/^(?:\/bin\/)?sh: (?:line )?\d+: (?:exec: )?/, '');
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.#child.stdin.write(chunk, () => done());
  }

  /** The goodbye has been written: what does not end by the end of its input ends by this. */
  override _final(done: () => void): void {
    this.#child.stdin.end();
    this.#kill('SIGTERM');
    done();
  }

  /** Given up: nothing is left to be told to anybody. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#kill('SIGKILL');
    done(error);
  }

  #kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    // Once all of it has ended, its number may be another's.
    if (pid === undefined || this.#gone) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has just ended.
    }
  }
}
