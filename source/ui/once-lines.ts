/** One frame for a file or a pipe: nothing is left out, and what has no room in a table stands below it in full. Pure. */
import type { View } from '../plan/reduce.ts';
import type { RunView } from '../plan/run-view.ts';
import { clientTable, noteOf } from './client-table.ts';
import { clock, number } from './format.ts';
import { blank, clip, type Line, lineWidth, rule, span, textLine } from './line.ts';
import { headLines } from './monitor-head.ts';
import { roundTable } from './round-table.ts';
import { metricsOf } from './run-facts.ts';
import { pad, widthOf, wrap } from './width.ts';

export type OnceFacts = {
  readonly view: View;
  readonly network: string;
  readonly columns: number;
  readonly now: Date;
  /** What each client's host is called, by the client's name. */
  readonly hosts: Readonly<Record<string, string>>;
  /** What stands at the end, such as where results lie. */
  readonly footer?: readonly string[];
};

/** So many of the last notices. */
const noticesShown = 10;

/** Each metric is named in full at least once, and so is each reason. */
export function everything(facts: OnceFacts): readonly Line[] {
  const { view, columns, now, hosts } = facts;
  const { run } = view;
  const rounds = roundTable(run, { columns, rows: Infinity, now });
  // As the strategy wrote them: titles are in capitals, and may be cut.
  const metrics = metricsOf(run.finished);
  const clients = clientTable({ run, hosts, certificates: {}, columns, rows: Infinity, now });
  const below = (notes: readonly string[]) =>
    notes.length > 0 ? [blank, ...notes.map((note) => textLine(` ${note}`))] : [];
  const head = headLines(facts);
  const failures = hidden(failuresOf(run), rounds.lines, textsOf(head));
  const told = [...textsOf([...head, ...rounds.lines]), ...failures.map((each) => span(each).text)];
  const lines = [
    ...head,
    rule(columns),
    ...rounds.lines,
    ...below([...legend(run), ...failures]),
    ...(metrics.length > 0 ? [blank, ...metrics.flatMap((name) => metricLines(facts, name))] : []),
    rule(columns),
    ...clients.lines,
    ...below(hidden(notesOf(run), clients.lines, told)),
    ...(run.notices.length > 0 ? [rule(columns), ...noticeLines(view)] : []),
    ...[...remembered(run), ...(facts.footer ?? [])].map((text) => textLine(` ${text}`)),
  ];
  return lines.flatMap((line) => wrapped(line, columns));
}

/** Whose word it is, where that is not the server's. */
function remembered({ end, lost }: RunView): readonly string[] {
  return end && lost ? [`This is what this machine remembers; the server's host can't be asked: ${lost.why}`] : [];
}

/** A text, what it is about, and the reasons in it. */
type Note = { readonly text: string; readonly line: string; readonly who: string; readonly reasons: readonly string[] };

/** In place of a reason that stands in full above; a shorter one is said again. */
const asAbove = 'as above';

const textsOf = (lines: readonly Line[]) => lines.map((line) => line.map(({ text }) => text).join(''));

/** What is not to be read in full in these lines; without the reasons that were told of the same client before. */
function hidden(notes: readonly Note[], lines: readonly Line[], told: readonly string[]): readonly string[] {
  const shown = textsOf(lines);
  const left = notes.filter(({ text }) => !shown.some((line) => line.includes(span(text).text)));
  return left.flatMap(({ line, who, reasons }) => {
    const known = reasons.filter(
      (reason) =>
        reason.length > asAbove.length &&
        told.some((each) => each.includes(span(who).text) && each.includes(span(reason).text)),
    );
    const short = known.reduce((text, reason) => text.replaceAll(reason, asAbove), line);
    return short === `${who}: ${asAbove}` ? [] : [short];
  });
}

function notesOf({ clients }: RunView): readonly Note[] {
  return clients.flatMap((client) => {
    const text = noteOf(client);
    const { name: who, detail, failures } = client;
    const reasons = [detail ?? [], failures.at(-1)?.reason ?? []].flat();
    return text ? [{ text, line: `${who}: ${text}`, who, reasons }] : [];
  });
}

/** Who failed and why, once with all of the rounds in which it was so. */
function failuresOf({ finished }: RunView): readonly Note[] {
  const found = new Map<string, Omit<Note, 'line'> & { readonly rounds: number[] }>();
  for (const { round, failures = [] } of finished)
    for (const { client, phase, reason } of failures) {
      const what = `${client} failed in ${phase}: ${reason}`;
      const known = found.get(what) ?? { text: `${client} ${reason}`, who: client, reasons: [reason], rounds: [] };
      found.set(what, known);
      if (known.rounds.at(-1) !== round) known.rounds.push(round);
    }
  return [...found].map(([what, { rounds, ...note }]) => ({ ...note, line: `${roundsText(rounds)}: ${what}` }));
}

/** `round 2`, `rounds 2, 5-9`. */
function roundsText(rounds: readonly number[]): string {
  const spans: [number, number][] = [];
  for (const round of rounds) {
    const last = spans.at(-1);
    if (last && round === last[1] + 1) last[1] = round;
    else spans.push([round, round]);
  }
  const text = spans.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
  return rounds.length === 1 ? `round ${text}` : `rounds ${text}`;
}

/** What a sign means, where it is shown. */
function legend({ finished }: RunView): readonly string[] {
  const first = finished.flatMap(({ fit, evaluate }) => [fit, evaluate]).find(({ failed }) => failed > 0);
  if (!first) return [];
  const all = first.ok + first.failed;
  return [`${first.ok}/${all} !  means that ${first.ok} of ${all} clients brought a result, and the others failed`];
}

/** A metric: its name in full, its last value and its range. */
function metricLines({ view, columns }: OnceFacts, name: string): readonly Line[] {
  const values = view.run.finished.flatMap((each) => each.metrics[name] ?? []);
  const [least, most] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [
    Infinity,
    -Infinity,
  ] as [number, number]);
  const last = values.at(-1);
  const figures = last === undefined ? 'not finite' : `${number(last)}  (${number(least)} to ${number(most)})`;
  const label = span(name).text;
  if (widthOf(label) + widthOf(figures) + 3 <= columns)
    return [[span(` ${pad(label, Math.max(24, widthOf(label)))} ${figures}`)]];
  return [...wrap(label, columns - 2), `  ${figures}`].map((text) => textLine(` ${text}`));
}

function noticeLines({ run }: View): readonly Line[] {
  return run.notices
    .slice(-noticesShown)
    .toReversed()
    .map((notice) => [span(` ${clock(notice.time, true)}  `, 'dim'), span(notice.text)]);
}

/** What is too long goes on in lines of its own, set in a little. A rule is as long as it may be. */
function wrapped(line: Line, columns: number): readonly Line[] {
  if (lineWidth(line) <= columns) return [line];
  const tone = line.find((each) => each.tone !== 'plain' && each.tone !== 'dim')?.tone ?? 'plain';
  const [first = '', ...rest] = wrap(
    line
      .map(({ text }) => text)
      .join('')
      .trim(),
    columns - 3,
  );
  return [` ${first}`, ...rest.map((text) => `   ${text}`)].map((text) => clip(textLine(text, tone), columns));
}
