/**
 * Unicode without its tables, for texts that need none. Node takes 10 ms to make the first `Intl.Segmenter` and 15 for the
 * emoji of a width: a tenth of the time to the first screen, and most texts need neither. In the bundle this stands for both,
 * in Ink and below it too (scripts/support/bundling.js). Pure.
 */
const { Segmenter } = Intl;

// ASCII, and the lines, blocks, braille and signs that the screens draw with: each of them is a grapheme of its own, next to
// any other of them, and takes one column.
const plain = ' -~·’…↑↓\\u2500-\\u259f○●◐-◓✓✗❯\\u2800-\\u28ff';

/** Texts that are as wide as they are long. */
export const narrow = new RegExp(`^[${plain}]*$`);

/** With the escape that begins a color. */
const simple = new RegExp(`^[\\x1b${plain}]*$`);

function* units(text: string): Generator<Intl.SegmentData> {
  for (let index = 0; index < text.length; index++) yield { segment: text.charAt(index), index, input: text };
}

/** As much of `Intl.Segmenter` as is used: to go through the graphemes of a text. */
export class GraphemeSegmenter {
  readonly #options: ConstructorParameters<typeof Segmenter>;
  #real: Intl.Segmenter | undefined;

  constructor(...options: ConstructorParameters<typeof Segmenter>) {
    this.#options = options;
  }

  segment(text: string): Iterable<Intl.SegmentData> {
    if (simple.test(text)) return units(text);
    this.#real ??= new Segmenter(...this.#options);
    return this.#real.segment(text);
  }
}
