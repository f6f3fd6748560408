/** The proof of mutual TLS as a table: each try with what really came of it. Pure. */
import type { Check } from '../plan/event.ts';
import type { DemoFacts } from './demo-facts.ts';
import { blank, type Line, lineWidth, span, textLine } from './line.ts';
import { indented } from './plan-lines.ts';
import { aloneText, proofTitle, type Try, triesOf, verdictOf } from './proof-tries.ts';
import { pad, widthOf } from './width.ts';

/** The tries at the running port, each with what really came of it. */
export function proofLines(proof: readonly Check[], columns: number, alone: DemoFacts['flowerAlone']): readonly Line[] {
  const tries = triesOf(proof);
  if (tries.length === 0) return [];
  return [
    textLine(` ${proofTitle}`, 'strong'),
    ...paired(tries, Math.floor((columns - 3) / 2)).map((line): Line => [span('   '), ...line]),
    ...(alone ? indented(aloneText(alone), columns, 3, 'warn') : []),
  ];
}

/** Two beside each other where both fit; those that are too long stand alone below. */
function paired(tries: readonly Try[], half: number): readonly Line[] {
  const all = (own: readonly Try[], width: number) => own.map((each) => proofCell(each, width));
  // What became of a try is never pushed out by its name.
  const widest = Math.min(2 * half - verdictWidth, Math.max(...tries.map((each) => widthOf(nameOf(each)))));
  const fits = (each: Try) => widthOf(nameOf(each)) <= nameWidth && lineWidth(proofCell(each, nameWidth)) < half;
  const short = half < leastCell ? [] : tries.filter(fits);
  if (short.length < 2) return all(tries, widest);
  const cells = all(short, nameWidth);
  const pairs = Array.from({ length: Math.ceil(cells.length / 2) }, (_, at): Line => {
    const left = cells[2 * at] ?? blank;
    return [...left, span(' '.repeat(half - lineWidth(left))), ...(cells[2 * at + 1] ?? blank)];
  });
  return [
    ...pairs,
    ...all(
      tries.filter((each) => !short.includes(each)),
      widest,
    ),
  ];
}

function nameOf({ check, times }: Try): string {
  return span(`${check.name}${times > 1 ? ` (${times}x)` : ''}`).text;
}

/** Sign, name and verdict of a try, so that two stand beside each other in 80 columns. */
const nameWidth = 27;
const leastCell = nameWidth + 11;
/** Sign, blank and the longer of the two words. */
const verdictWidth = 10;

function proofCell(each: Try, width: number): Line {
  const { check } = each;
  const name = nameOf(each);
  const word = verdictOf(check);
  return [
    span(check.ok ? '✓ ' : '✗ ', check.ok ? 'good' : 'bad'),
    span(check.ok ? pad(name, width) : name + ' '.repeat(Math.max(0, width - widthOf(name)))),
    span(` ${word}`, check.ok ? 'dim' : 'bad'),
  ];
}
