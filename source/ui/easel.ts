/**
 * Lines on their way around Ink's layout. Ink takes every text of a frame apart into styled characters and puts it together
 * again, for more than all else that a frame costs; lines of ours are as wide as they are to be already. So one mark goes
 * through the layout for them, and the painter puts them back.
 */

/** Private: `inert` lets none through, so that no text from elsewhere can be taken for a mark. */
const mark = '\ue000';

export class Easel {
  #pictures: (readonly string[])[] = [];
  #taken = false;

  /** What stands for lines in the frame that is being laid out. */
  put(lines: readonly string[]): string {
    // A frame that is taken may be written once more.
    if (this.#taken) this.#pictures = [];
    this.#taken = false;
    return `${mark}${this.#pictures.push(lines) - 1}`;
  }

  /** The lines of a frame. */
  take(frame: string): readonly string[] {
    this.#taken = true;
    return frame
      .split('\n')
      .flatMap((line) => (line.startsWith(mark) ? (this.#pictures[Number(line.slice(mark.length))] ?? []) : [line]));
  }
}
