/** Trouble as a card: what, why, try. Pure. */
import { type Failure, type Trouble, troubles } from '../plan/failure.ts';
import { type Line, span, textLine } from './line.ts';
import { names } from './names.ts';
import { indented } from './plan-lines.ts';
import type { Tone } from './theme.ts';
import { cut, pad, widthOf, wrap } from './width.ts';

/** Below it a frame around a card costs more room than it is worth: two lines of ten, and six columns of forty. */
const leastFramed = 60;

/** The cards that fit in `rows` lines, and how many more there are. */
export function failureCards(failures: readonly Failure[], columns: number, rows: number): readonly Line[] {
  const all = troubles(failures);
  const cards = all.map((trouble) => (columns < leastFramed ? bare(trouble, columns) : card(trouble, columns)));
  const lines: Line[] = [];
  for (const [at, own] of cards.entries()) {
    const left = cards.length - at;
    const room = rows - lines.length - (left > 1 ? 1 : 0);
    // The first card is shown as far as it goes; a later one whole or not at all.
    if (own.length > room && at > 0) {
      const hosts = [...new Set(all.slice(at).flatMap((trouble) => trouble.hosts))];
      lines.push([span(`   … and ${left} more${hosts.length > 0 ? `: ${hosts.join(', ')}` : ''}`, 'bad')]);
      break;
    }
    lines.push(...own.slice(0, Math.max(0, room)));
  }
  return lines;
}

/** What stands before what failed, and before what is to be tried. */
export const failLead = '✗ ';
export const tryLead = 'Try  ';

/** What is to be tried, a line for each of several ways. */
function ways(hint = ''): readonly (readonly [lead: string, way: string])[] {
  const lines = hint.split('\n').filter(Boolean);
  return lines.map((way, at) => [at === 0 ? tryLead : ' '.repeat(tryLead.length), way]);
}

/** Without a frame. Of what was said its end comes first, the rest where all that matters has been told. */
function bare({ failure, hosts }: Trouble, columns: number): readonly Line[] {
  const { doing, why, hint, byHand, said = [] } = failure;
  const last = said.length > 1 ? said.slice(-1) : [];
  const part = (lead: string, text: string, tone: Tone) => indented(text, columns, 1, tone, lead);
  const whole = (line: string) => wrap(span(line).text, columns - 7).map((each) => textLine(`      ${each}`, 'dim'));
  const told = hosts.length === 1 && doing.includes(hosts[0] ?? '') ? [] : [...hosts];
  return [
    ...(told.length > 0 ? [textLine(` ${names(told)}`, 'bad')] : []),
    ...part(failLead, doing, 'bad'),
    ...part('Why  ', why, 'plain'),
    ...last.flatMap(whole),
    ...ways(hint).flatMap(([lead, way]) => part(lead, way, 'strong')),
    ...(byHand ? part('Run  ', byHand, 'plain') : []),
    ...(said.length > 0 ? [textLine(' Said', 'dim'), ...said.flatMap(whole)] : []),
  ];
}

function card({ failure, hosts }: Trouble, columns: number): readonly Line[] {
  const inside = columns - 6;
  const title = span(hosts.length > 0 ? ` ${names(hosts)} ` : ' here ').text;
  const label = widthOf(title) > inside - 4 ? ' … ' : title;
  const edge = (text: string): Line => [span(` ${text}`, 'bad')];
  const row = (text: string, tone: Tone): Line => [
    span(' │ ', 'bad'),
    span(pad(text, inside), tone),
    span(' │', 'bad'),
  ];
  const part = (lead: string, text: string, tone: Tone) =>
    wrap(span(text).text, inside - widthOf(lead)).map((each, at) =>
      row(`${at === 0 ? lead : ' '.repeat(widthOf(lead))}${each}`, tone),
    );
  return [
    edge(`┌${label}${'─'.repeat(Math.max(0, inside + 2 - widthOf(label)))}┐`),
    ...part(failLead, failure.doing, 'bad'),
    ...part('Why  ', failure.why, 'plain'),
    ...(failure.said ?? []).map((line) => row(cut(`     ${span(line).text}`, inside), 'dim')),
    ...ways(failure.hint).flatMap(([lead, way]) => part(lead, way, 'strong')),
    ...(failure.byHand ? part('Run  ', failure.byHand, 'plain') : []),
    edge(`└${'─'.repeat(inside + 2)}┘`),
  ];
}
