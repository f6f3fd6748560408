/** What all hosts print, in one stream: a tail, whatever comes in. */

export type LogLine = {
  /** `server` or a client's name. */
  readonly member: string;
  /** When it came here. */
  readonly time: string;
  /** It was printed before that, at a time that nobody knows. */
  readonly earlier?: true;
  readonly text: string;
};

/** More than a tall terminal shows; who wants all of it types `fl-wizard logs`. */
const linesKept = 1000;

/** A line is cut where no screen is wide enough for it. */
const longest = 1000;

/** Lines that say nothing, as Flower's loggers write some between others. */
const empty = /^(?:\x1b\[[\d;]*m|\s)*(?:INFO|DEBUG)?(?:\x1b\[[\d;]*m|\s|:)*$/;

export class LogBook {
  #lines: LogLine[] = [];
  #changed = false;
  #shown: readonly LogLine[] = [];
  #stamped: { readonly at: number; readonly time: string } | undefined;

  /** @param now when it came here */
  add(member: string, text: string, now: Date, earlier = false): void {
    if (text.length < 40 && empty.test(text)) return;
    const kept = text.length > longest ? text.slice(0, longest) : text;
    this.#lines.push({ member, time: this.#stamp(now), text: kept, ...(earlier ? { earlier } : {}) });
    this.#changed = true;
    // Cut now and then, and not with each of a hundred thousand lines.
    if (this.#lines.length >= 2 * linesKept) this.#lines.splice(0, this.#lines.length - linesKept);
  }

  /** A hundred thousand lines a second have no more than a thousand times. */
  #stamp(now: Date): string {
    if (now.getTime() !== this.#stamped?.at) this.#stamped = { at: now.getTime(), time: now.toISOString() };
    return this.#stamped.time;
  }

  /** The last lines, oldest first; the same value while nothing came. */
  take(): readonly LogLine[] {
    if (this.#changed) this.#shown = this.#lines.slice(-linesKept);
    this.#changed = false;
    return this.#shown;
  }
}
