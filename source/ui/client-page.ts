/** A client's own page: facts, its rounds as a chart, its failures, its certificate and its log. Pure. */
import { roundsOf } from '../plan/client-view.ts';
import type { ClientView, RunView } from '../plan/run-view.ts';
import { type Hosts, hostOf } from './client-order.ts';
import { shownState } from './client-state.ts';
import { ago, bytes, clock, cores, duration, left, number, plural, samples, secondsBetween, tenths } from './format.ts';
import { blank, type Line, rule, span, textLine } from './line.ts';
import { logRows, type MergedLine } from './merged-log.ts';
import { metricsOf } from './run-facts.ts';
import { scrolled } from './scrolled.ts';
import type { CertificateFacts } from './session-state.ts';
import { clientTense } from './tense.ts';
import { twoCharts } from './two-charts.ts';
import { wrap } from './width.ts';

export type ClientPage = {
  readonly run: RunView;
  readonly client: ClientView;
  readonly hosts: Hosts;
  readonly certificate?: CertificateFacts;
  /** What its host printed, oldest first. */
  readonly log: readonly MergedLine[];
  /** The metric that is drawn; the most telling one where it is left out. */
  readonly metric?: string;
  readonly columns: number;
  readonly rows: number;
  readonly offset: number;
  readonly unicode: boolean;
  readonly now: Date;
};

/** Width of the names before the facts. */
const label = 13;
const chartRows = 8;
/** Lines of its log that a page has at least, where it has any. */
const leastLog = 4;

/** At most `rows` lines. */
export function clientPage(page: ClientPage): readonly Line[] {
  const { client, columns, rows, offset, log } = page;
  const { word, tone } = shownState(client, clientTense(page.run));
  const title: Line = [
    span(` ${client.name}`, 'strong'),
    span('  '),
    span(`● ${word}`, tone),
    span(`  for ${ago(client.since, page.now) || '-'}`, 'dim'),
  ];
  const body = [...facts(page), ...failures(page), ...charts(page)];
  const room = rows - 1 - body.length - 1;
  const lines = Math.max(leastLog, room);
  const own = log.slice(-Math.max(lines, 1)).map(({ member: _, ...line }) => line);
  const tail =
    own.length > 0
      ? [rule(columns), ...logRows(own)]
      : [rule(columns), textLine('  nothing of its log has come yet', 'dim')];
  return [title, ...scrolled([...body, ...tail], rows - 1, offset)];
}

function fact(name: string, text: string, tone: Parameters<typeof span>[1] = 'plain'): readonly Line[] {
  return text === '' ? [] : [[span(` ${name.padEnd(label)}`, 'dim'), span(text, tone)]];
}

function facts(page: ClientPage): readonly Line[] {
  const { client, hosts, columns, now } = page;
  const { samples: count, fitSeconds, loss, metrics = {}, bytesUp, bytesDown, address } = client;
  const host = hostOf(client, hosts);
  const { why = '', trouble } = shownState(client);
  const reason = wrap(why, Math.max(10, columns - label - 2));
  const [title, tone] = trouble ? (['because', 'bad'] as const) : (['note', 'plain'] as const);
  return [
    ...reason.flatMap((line, at) => fact(at === 0 ? title : '', line, tone)),
    ...fact('host', [host, address && address !== host ? `seen from ${address}` : ''].filter(Boolean).join('   ')),
    ...fact('last heard', `${ago(client.seen, page.now) || '-'} ago`),
    ...fact('samples', count === undefined ? '' : samples(count)),
    ...fact('last fit', fitSeconds === undefined ? '' : tenths(fitSeconds)),
    ...fact('last result', results(loss, metrics)),
    ...fact('weights', [sent(bytesUp, 'up'), sent(bytesDown, 'down')].filter(Boolean).join(', ')),
    ...processFacts(page),
    ...certificateFacts(page, now),
  ];
}

function sent(count: number | undefined, way: string): string {
  return count === undefined ? '' : `${bytes(count)} ${way}`;
}

function results(loss: number | undefined, metrics: Readonly<Record<string, number>>): string {
  const named = Object.entries(metrics).map(([name, value]) => `${name} ${number(value)}`);
  return [...(loss === undefined ? [] : [`loss ${number(loss)}`]), ...named].join('   ');
}

function processFacts({ client: { process }, now }: ClientPage): readonly Line[] {
  if (!process) return [];
  if (process.failure) return fact('process', `its host can't be asked: ${process.failure}`, 'bad');
  const up = process.since ? secondsBetween(process.since, now) : undefined;
  const parts = [
    process.state ?? '',
    process.state === 'running' && up !== undefined ? `up ${duration(Math.round(up))}` : '',
    process.restarts ? plural(process.restarts, 'restart') : '',
    process.state === 'running' ? (process.detail ?? '') : '',
    process.cpu === undefined ? '' : `CPU ${cores(process.cpu)}`,
    process.memory === undefined ? '' : bytes(process.memory),
  ];
  const gpus = (process.gpus ?? []).map(
    ({ use, memory, total }) => `${Math.round(use * 100)}% ${bytes(memory)} of ${bytes(total)}`,
  );
  return [
    ...fact('process', parts.filter(Boolean).join('   ')),
    ...gpus.flatMap((gpu, at) => fact(at === 0 ? 'GPU' : '', gpu)),
  ];
}

function certificateFacts({ client: { shown }, certificate, columns }: ClientPage, now: Date): readonly Line[] {
  if (!certificate && !shown) return [];
  const { expires, subject } = certificate ?? {};
  const until = expires ? left(expires, now) : undefined;
  const fingerprint = shown?.fingerprint ?? certificate?.fingerprint ?? '';
  const other = shown && certificate && shown.fingerprint !== certificate.fingerprint;
  return [
    // When it ends comes first: a subject alone can be as long as the line.
    ...fact(
      'certificate',
      [until ? `ends in ${until.text}` : '', subject, `serial ${shown?.serial ?? certificate?.serial}`]
        .filter(Boolean)
        .join('   '),
    ),
    ...wrap(fingerprint, Math.max(16, columns - label - 2)).flatMap((part, at) =>
      fact(at === 0 ? 'SHA-256' : '', part, 'dim'),
    ),
    ...(other ? fact('', 'it showed another one than this machine has', 'warn') : []),
  ];
}

function failures({ client }: ClientPage): readonly Line[] {
  if (client.failed === 0) return [];
  const told = client.failures.map(({ time, round, reason }) => `${clock(time)}  round ${round ?? '-'}: ${reason}`);
  const before = client.failed > told.length ? `, the last ${told.length}` : '';
  return [blank, textLine(` failed ${client.failed}x${before}:`, 'bad'), ...told.map((text) => textLine(`   ${text}`))];
}

function charts({ client, run, metric, columns, unicode }: ClientPage): readonly Line[] {
  const name = metric ?? metricsOf(run.finished)[0];
  const rounds = roundsOf(client);
  const lines = twoCharts({
    losses: rounds.flatMap(({ loss }) => loss ?? []),
    values: name === undefined ? [] : rounds.flatMap(({ metrics }) => metrics?.[name] ?? []),
    titles: ['its loss', `its ${name ?? ''}`],
    ends: [rounds[0]?.round ?? 1, rounds.at(-1)?.round ?? 1],
    narrow: 'both',
    rows: chartRows,
    columns,
    unicode,
  });
  return lines.length > 0 ? [rule(columns), ...lines] : [];
}
