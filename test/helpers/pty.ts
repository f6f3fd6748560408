/** The built program in a terminal of its own: keys in, frames out, and what it leaves of the terminal. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { program, root } from './wizard.ts';

export const keys = { enter: '\r', escape: '\x1b', up: '\x1b[A', down: '\x1b[B', interrupt: '\x03' } as const;

export type PtyOptions = {
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What the terminal calls itself, TERM. */
  readonly term?: string;
  /** Words before ours, of a program that starts it: one between it and the terminal. */
  readonly through?: readonly string[];
};

export type PtyEnd = {
  readonly code: number;
  /** The terminal's settings afterwards, as `stty -a` tells them. */
  readonly stty: string;
  /** What stands on the reader's own screen then. */
  readonly screen: string;
};

export type Pty = {
  /** The frame that stands there now, one line a row. */
  screen(): Promise<string>;
  /** Waits for words on the screen; the frame that they are in. */
  waitFor(text: string | RegExp, seconds?: number): Promise<string>;
  press(...keys: readonly string[]): void;
  /** All that was written so far, as it was. */
  written(): string;
  /** Types a line and ends it with enter once it is seen. */
  answer(text: string): Promise<void>;
  /** Resolves once the program has drawn anew. */
  resize(columns: number, rows: number): Promise<void>;
  /** Lines that were painted wider than the terminal was then. */
  tooWide(): readonly string[];
  /** Whether the cursor is shown, as far as was told. */
  cursorShown(): boolean;
  /** Whether the reader's own screen is shown, with all modes as they were. */
  whole(): boolean;
  /** Waits for the end of the program. */
  end(seconds?: number): Promise<PtyEnd>;
  kill(): void;
  /** Kills the program itself, with -9 or as is said, in the terminal that stays; resolves with its end. */
  crash(signal?: NodeJS.Signals): Promise<PtyEnd>;
};

/** Between two looks at the screen, milliseconds. */
const pause = 20;
const mark = 'the terminal is now:';

/** Frames are painted line by line or in parts of a line, each at its own place (source/ui/paint.ts, patch.ts). */
const place = /\x1b\[(\d+);1H|\x1b\[\d+(?:;\d+)?[HG]|\x1b\[2J|\x1b\[\?1049[hl]/g;
const escapes = /\x1b\[[0-9;?]*[A-Za-z]/g;

class ProgramInPty implements Pty {
  readonly #gone: Promise<PtyEnd>;
  readonly #pty: IPty;
  readonly #terminal: xterm.Terminal;
  readonly #tooWide: string[] = [];
  /** What came since the last place was named, and the size that holds for it. */
  #columns: number;
  #next: number | undefined;
  #inside = false;
  #pending = '';
  #written = '';
  #ended = false;
  #code: number | undefined;

  constructor(words: readonly string[], options: PtyOptions) {
    const { columns = 80, rows = 24, cwd = root, env = {}, term, through = [] } = options;
    this.#columns = columns;
    this.#terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 1000 });
    // A shell is what the program is started from, and what has to be usable afterwards. Ctrl-C at a line ends no shell.
    const script = `trap : INT; "$@"; code=$?; printf '\\n%s\\n' '${mark}'; stty -a; exit $code`;
    this.#pty = spawn('/bin/sh', ['-c', script, 'sh', ...through, process.execPath, program, ...words], {
      name: term ?? 'xterm-256color',
      cols: columns,
      rows,
      cwd,
      env: { ...process.env, LANG: 'C.UTF-8', ...env },
    });
    this.#pty.onData((text) => {
      this.#written += text;
      this.#measure(text);
      this.#terminal.write(text);
    });
    this.#gone = new Promise((resolve) => {
      this.#pty.onExit(async ({ exitCode }) => {
        // The exit may be told before the last of what was written.
        for (let looks = 0; looks < 50 && !this.#written.includes(mark); looks++) await sleep(pause);
        this.#ended = true;
        this.#code = exitCode;
        const [screen = ''] = (await this.#all()).split(mark);
        // As it was written: in a narrow terminal its lines are broken.
        resolve({ code: exitCode, stty: this.#written.split(mark)[1] ?? '', screen });
      });
    });
  }

  /** Our program's lines against the width that it was told; after a resize that is from its next clearing on. */
  #measure(text: string): void {
    this.#pending += text;
    const found = [...this.#pending.matchAll(place)];
    const last = found.at(-1);
    if (!last) return;
    found.forEach((match, at) => {
      const from = match.index + match[0].length;
      if (match[0] === '\x1b[2J' && this.#next !== undefined) {
        this.#columns = this.#next;
        this.#next = undefined;
      }
      if (match[0].includes('1049')) this.#inside = match[0].endsWith('h');
      const end = found[at + 1]?.index;
      if (end === undefined || match[1] === undefined || !this.#inside) return;
      // All that we draw is one cell wide.
      const line = this.#pending.slice(from, end).replace(escapes, '');
      if ([...line].length > this.#columns && this.#next === undefined) this.#tooWide.push(line);
    });
    this.#pending = this.#pending.slice(last.index);
  }

  async #drained(): Promise<void> {
    // A write's callback comes after all that was written before it.
    await new Promise<void>((resolve) => this.#terminal.write('', resolve));
  }

  #lines(from: number, count: number): string {
    const buffer = this.#terminal.buffer.active;
    return Array.from({ length: count }, (_, at) => buffer.getLine(from + at)?.translateToString(true) ?? '').join(
      '\n',
    );
  }

  async screen(): Promise<string> {
    await this.#drained();
    return this.#lines(this.#terminal.buffer.active.viewportY, this.#terminal.rows);
  }

  async #all(): Promise<string> {
    await this.#drained();
    return this.#lines(0, this.#terminal.buffer.active.length);
  }

  async waitFor(text: string | RegExp, seconds = 60): Promise<string> {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const ended = this.#ended;
      const frame = await this.screen();
      if (typeof text === 'string' ? frame.includes(text) : text.test(frame)) return frame;
      if (ended || Date.now() > end)
        throw new Error(
          `${ended ? `it ended with ${this.#code}` : `${seconds} s passed`} and this was not seen: ${text}\n${frame}`,
        );
      await sleep(pause);
    }
  }

  async end(seconds = 60): Promise<PtyEnd> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        async () => reject(new Error(`not ended after ${seconds} s\n${await this.screen()}`)),
        seconds * 1000,
      );
    });
    return Promise.race([this.#gone, late]).finally(() => clearTimeout(timer));
  }

  press(...typed: readonly string[]): void {
    for (const each of typed) this.#pty.write(each);
  }

  async answer(text: string): Promise<void> {
    this.press(text);
    // A long line is shown by its end, with the cursor behind it.
    if (text !== '') await this.waitFor(`${text.slice(-30)}█`);
    this.press(keys.enter);
  }

  async resize(columns: number, rows: number): Promise<void> {
    this.#next = columns;
    this.#terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
    for (let looks = 0; this.#next !== undefined; looks++) {
      if (this.#ended || looks > 3000) throw new Error(`the size ${columns}x${rows} was not taken`);
      await sleep(pause);
    }
  }

  written(): string {
    return this.#written;
  }

  tooWide(): readonly string[] {
    return this.#tooWide;
  }

  cursorShown(): boolean {
    return this.#written.lastIndexOf('\x1b[?25h') >= this.#written.lastIndexOf('\x1b[?25l');
  }

  whole(): boolean {
    const { bracketedPasteMode, mouseTrackingMode, wraparoundMode } = this.#terminal.modes;
    return (
      this.cursorShown() &&
      this.#terminal.buffer.active.type === 'normal' &&
      !bracketedPasteMode &&
      mouseTrackingMode === 'none' &&
      wraparoundMode
    );
  }

  crash(signal: NodeJS.Signals = 'SIGKILL'): Promise<PtyEnd> {
    const { pid } = this.#pty;
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    if (!child) throw new Error('there is nothing to kill');
    process.kill(Number(child), signal);
    return this.end();
  }

  kill(): void {
    if (!this.#ended) this.#pty.kill('SIGKILL');
  }
}

/** Starts `fl-wizard WORDS` in a terminal. */
export function start(words: readonly string[], options: PtyOptions = {}): Pty {
  return new ProgramInPty(words, options);
}
