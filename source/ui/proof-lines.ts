/** The proof of mutual TLS as a table: each try with what really came of it. Pure. */
import type { Check } from '../plan/event.ts';
import { unlimitedName } from '../plan/proof.ts';
import { isControlName, isWrongServerName } from '../plan/wrong-server.ts';
import type { DemoFacts } from './demo-facts.ts';
import { blank, type Line, lineWidth, span, textLine } from './line.ts';
import { indented } from './plan-lines.ts';
import { pad, widthOf } from './width.ts';

/** The tries at the running port, each with what really came of it. */
export function proofLines(proof: readonly Check[], columns: number, alone: DemoFacts['flowerAlone']): readonly Line[] {
  if (proof.length === 0) return [];
  const told = new Map<string, { check: Check; hosts: string[] }>();
  const kinds = new Set<string>();
  for (const check of proof) {
    // All servers that clients have refused are one line, at its end.
    if (check.ok && isWrongServerName(check.name)) {
      kinds.add(check.name);
      continue;
    }
    // The same try through several hosts is one line; one that came out wrong stands for itself.
    const limitless = unlimitedName(check.name);
    const name = check.ok && isControlName(limitless) ? 'clients’ own Python' : limitless;
    const key = check.ok ? `${check.kind} ${name}` : `${check.name} ${check.host}`;
    const known = told.get(key) ?? { check: check.ok ? { ...check, name } : check, hosts: [] };
    known.hosts.push(check.host ?? 'this machine');
    told.set(key, known);
  }
  const servers: readonly Try[] =
    kinds.size === 0
      ? []
      : [{ check: { name: `wrong servers (${kinds.size} kinds)`, kind: 'refused', ok: true, detail: '' }, hosts: [] }];
  const tries: readonly Try[] = [...told.values(), ...servers];
  return [
    textLine(' Mutual TLS, tried at the running port', 'strong'),
    ...paired(tries, Math.floor((columns - 3) / 2)).map((line): Line => [span('   '), ...line]),
    ...aloneLine(alone, columns),
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

type Try = { readonly check: Check; readonly hosts: readonly string[] };

function nameOf({ check, hosts }: Try): string {
  return span(`${check.name}${hosts.length > 1 ? ` (${hosts.length}x)` : ''}`).text;
}

/** Sign, name and verdict of a try, so that two stand beside each other in 80 columns. */
const nameWidth = 27;
const leastCell = nameWidth + 11;
/** Sign, blank and the longer of the two words. */
const verdictWidth = 10;

function proofCell(each: Try, width: number): Line {
  const { check } = each;
  const name = nameOf(each);
  const word = check.ok ? (check.kind === 'accepted' ? 'let in' : 'refused') : `WRONG: ${check.detail}`;
  return [
    span(check.ok ? '✓ ' : '✗ ', check.ok ? 'good' : 'bad'),
    span(check.ok ? pad(name, width) : name + ' '.repeat(Math.max(0, width - widthOf(name)))),
    span(` ${word}`, check.ok ? 'dim' : 'bad'),
  ];
}

function aloneLine(alone: DemoFacts['flowerAlone'], columns: number): readonly Line[] {
  if (!alone) return [];
  const { tried, admitted } = alone;
  const got = admitted === tried ? `all ${tried} got in` : `${admitted} of ${tried} got in`;
  return indented(`Flower’s own TLS never asks for a client certificate: there, ${got}.`, columns, 3, 'warn');
}
