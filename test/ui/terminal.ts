/** A terminal as a person sees it: keys in, a grid of characters out. The screen under test writes real escapes to it. */
import { EventEmitter } from 'node:events';
import xterm from '@xterm/headless';
import { openScreen, type Screen } from '../../source/ui/screen.tsx';

class FakeStdin extends EventEmitter {
  isTTY: boolean;
  isRaw = false;
  #pending: string[] = [];

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  type(text: string): void {
    this.#pending.push(text);
    this.emit('readable');
  }

  read(): string | null {
    return this.#pending.shift() ?? null;
  }

  setRawMode(raw: boolean): this {
    this.isRaw = raw;
    return this;
  }

  setEncoding(): void {}
  ref(): void {}
  unref(): void {}
}

class FakeStdout extends EventEmitter {
  readonly isTTY = true;
  columns: number;
  rows: number;
  readonly terminal: xterm.Terminal;
  /** Everything that was written. */
  written = '';

  constructor(columns: number, rows: number) {
    super();
    this.columns = columns;
    this.rows = rows;
    this.terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true });
  }

  write(text: string): boolean {
    this.written += text;
    this.terminal.write(text);
    return true;
  }
}

export type Opened = {
  readonly screen: Screen;
  readonly stdin: FakeStdin;
  readonly stdout: FakeStdout;
  interrupts: number;
  type(...texts: readonly string[]): void;
  resize(columns: number, rows: number): void;
  /** The lines that are shown now. */
  lines(): Promise<readonly string[]>;
  /** Waits until the text is shown; the frame it is in. */
  until(text: string | RegExp): Promise<string>;
  gone(text: string): Promise<string>;
};

export type OpenOptions = {
  readonly columns?: number;
  readonly rows?: number;
  readonly colors?: boolean;
  readonly unicode?: boolean;
  readonly keyboard?: boolean;
  readonly now?: () => Date;
};

export function open(options: OpenOptions = {}): Opened {
  const { columns = 80, rows = 24, colors = false, unicode = true, keyboard = true } = options;
  const stdin = new FakeStdin(keyboard);
  const stdout = new FakeStdout(columns, rows);
  const lines = async () => {
    // A write's callback comes after all that was written before it.
    await new Promise<void>((resolve) => stdout.terminal.write('', resolve));
    const buffer = stdout.terminal.buffer.active;
    return Array.from(
      { length: stdout.rows },
      (_, at) => buffer.getLine(buffer.viewportY + at)?.translateToString(true) ?? '',
    );
  };
  const poll = async (good: (frame: string) => boolean, what: string) => {
    const end = Date.now() + 15_000;
    for (;;) {
      const frame = (await lines()).join('\n');
      if (good(frame)) return frame;
      if (Date.now() > end) throw new Error(`never seen: ${what}\n${frame}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const opened: Opened = {
    stdin,
    stdout,
    interrupts: 0,
    lines,
    type: (...texts) => {
      for (const text of texts) stdin.type(text);
    },
    resize: (toColumns, toRows) => {
      stdout.columns = toColumns;
      stdout.rows = toRows;
      stdout.terminal.resize(toColumns, toRows);
      stdout.emit('resize');
    },
    until: (text) =>
      poll((frame) => (typeof text === 'string' ? frame.includes(text) : text.test(frame)), String(text)),
    gone: (text) => poll((frame) => !frame.includes(text), `an end of ${text}`),
    screen: openScreen({
      version: '0.1.0',
      directory: '~/fl/xray',
      stdin: stdin as unknown as NodeJS.ReadStream,
      stdout: stdout as unknown as NodeJS.WriteStream,
      colors,
      unicode,
      interrupt: () => {
        opened.interrupts += 1;
      },
      ...(options.now ? { now: options.now } : {}),
    }),
  };
  return opened;
}

export const keys = {
  enter: '\r',
  escape: '\x1b',
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  home: '\x1b[H',
  end: '\x1b[F',
  backspace: '\x7f',
  interrupt: '\x03',
  paste: (text: string) => `\x1b[200~${text}\x1b[201~`,
} as const;
