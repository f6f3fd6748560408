/**
 * Puts frames on the terminal. Ink lays a frame out and hands it over as text; only what differs from what stands there is
 * written, each part at its own place. So nothing flickers, a resize can repaint all, and the reader's own screen
 * comes back as it was.
 */
import { Writable } from 'node:stream';
import { Easel } from './easel.ts';
import { patch } from './patch.ts';
import { widthOf } from './width.ts';

const escapes = {
  // The alternate screen (1049) is not reflowed by a resize and leaves the scroll-back alone. Without line wrap (7) a
  // character that the terminal takes for wider than we do is cut instead of breaking the layout. Bracketed paste
  // (2004) tells a paste from typing.
  enter: '\x1b[?1049h\x1b[?7l\x1b[?2004h\x1b[?25l\x1b[H\x1b[2J',
  leave: '\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h',
  clear: '\x1b[2J',
  // A terminal that knows synchronized output (2026) shows a frame at once; others ignore it.
  begin: '\x1b[?2026h',
  end: '\x1b[?2026l',
} as const;

/** What Ink's texts hold besides what is seen; without it, most lines are measured by their length. */
const styling = /\x1b\[[\d;]*m/g;

/** More than a mark needs. */
const markColumns = 8;

/** Stands before the terminal as the stream that Ink writes to. */
export class Painter extends Writable {
  readonly #stdout: NodeJS.WriteStream;
  /** Holds the lines of a frame while it is laid out. */
  readonly easel = new Easel();
  /** Whether all lines of what is shown go through the easel. */
  marked = false;
  #shown: readonly string[] = [];
  #open = false;
  /** Whether the last frame stays on the reader's own screen when we leave. */
  keep = false;
  #last: (() => void) | undefined;

  constructor(stdout: NodeJS.WriteStream) {
    super({ decodeStrings: false });
    this.#stdout = stdout;
  }

  /** What Ink lays out: it makes a grid of so many cells of each frame, and a mark needs few of them. */
  get columns(): number {
    return this.marked ? markColumns : this.width;
  }

  /** Of the terminal. */
  get width(): number {
    return this.#stdout.columns || 80;
  }

  get rows(): number {
    return this.#stdout.rows || 24;
  }

  override _write(frame: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#paint(String(frame));
    done();
  }

  enter(): void {
    this.#open = true;
    this.#stdout.write(escapes.enter);
  }

  /**
   * The frame that comes next is the last one: it is not painted, only kept, with as many lines as it has, since a reader
   * can scroll back.
   * @param draw has it drawn
   */
  async last(draw: () => void): Promise<void> {
    await new Promise<void>((resolve) => {
      // Nothing is to keep a program from ending.
      const late = setTimeout(resolve, 1000);
      this.#last = () => {
        clearTimeout(late);
        resolve();
      };
      draw();
    });
  }

  /** After a resize nothing is where it was. */
  forget(): void {
    this.#shown = [];
    if (this.#open) this.#stdout.write(escapes.clear);
  }

  /** The terminal as it was before, and below it the last frame without its line of keys, if it is to be kept. */
  leave(): void {
    if (!this.#open) return;
    this.#open = false;
    const lines = this.#shown.slice(0, -1);
    while (lines.at(-1)?.trim() === '') lines.pop();
    this.#stdout.write(escapes.leave + (this.keep ? lines.map((line) => `${line}\n`).join('') : ''));
  }

  #paint(frame: string): void {
    // Ink also writes an empty text when it ends, where CI is set an empty line: the last frame is to be kept.
    if (!this.#open || frame.trim() === '') return;
    const all = this.easel.take(frame);
    if (this.#last) {
      this.#shown = all;
      this.#last();
      return;
    }
    const lines = all.slice(0, this.rows);
    const changed = lines.flatMap((line, at) => (line === this.#shown[at] ? [] : [this.#lineAt(at, line)]));
    if (lines.length < this.#shown.length) changed.push(`\x1b[${lines.length + 1};1H\x1b[J`);
    this.#shown = lines;
    if (changed.length > 0) this.#stdout.write(escapes.begin + changed.join('') + escapes.end);
  }

  #lineAt(at: number, line: string): string {
    const before = this.#shown[at];
    const patched = before === undefined ? undefined : patch(at + 1, before, line);
    if (patched !== undefined) return patched;
    // Behind a line that fills the row, the cursor still stands on its last place: erasing there would take it away.
    const rest = widthOf(line.replace(styling, '')) < this.width ? '\x1b[K' : '';
    return `\x1b[${at + 1};1H${line}\x1b[0m${rest}`;
  }
}
