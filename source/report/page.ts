/** A run as one page: what it came to, its course, and what it ran on. Pure; the charts are drawn by `draw`. */
import type { Point } from '../flower/bounded.ts';
import type { Line, RunReport } from '../flower/run-report.ts';
import { fewerWords } from '../plan/best.ts';
import type { Proof } from '../plan/proven.ts';
import { bytes, duration, limitOf, number, plural, samples, secondsBetween } from '../ui/format.ts';
import { type Column, grid, moment, type Row } from './cells.ts';
import { html, Markup, page, pairs } from './markup.ts';
import { networkTable, type PageCertificate, type PageMember, proofSection } from './network.ts';
import { clientsTable, failuresTable, refusedOf, refusedTable, roundsTable } from './rounds.ts';
import { reportStyle } from './style.ts';

export type ReportPage = {
  readonly network: string;
  readonly report: RunReport;
  /** How the run stands, in a sentence; `failed`: something is wrong with it. */
  readonly state: { readonly text: string; readonly failed: boolean };
  /** Where all this was read, in a sentence. */
  readonly source: string;
  readonly written: string;
  /** Ours. */
  readonly version: string;
  readonly proof?: Proof;
  readonly members: readonly PageMember[];
  readonly certificates: readonly PageCertificate[];
  /** Why there are no certificates to be told of. */
  readonly trouble?: string;
  readonly settings: readonly (readonly [name: string, value: string])[];
};

export type Draw = (lines: readonly (readonly Point[])[]) => string;

/** A chart for each metric, up to as many as somebody looks through. */
const metricCharts = 11;

function figures({ report }: ReportPage): Markup {
  const { rows, best, clients, bytes: traffic, failed, started, ended, last, metrics, loss } = report;
  const took = started && secondsBetween(started, ended ?? last ?? started);
  const first = metrics.lines.find(({ points }) => points.length > 0);
  const lastOf = (points: readonly Point[] | undefined) => points?.at(-1)?.[1];
  const value = (amount: number | undefined) => (amount === undefined ? undefined : number(amount));
  const all: readonly (readonly [string, string | undefined, string?])[] = [
    ['rounds', samples(rows.count), report.rounds === undefined ? '' : ` of ${samples(report.rounds)}`],
    ['best round', best && samples(best.best.round), best ? ` by ${best.by}` : ''],
    ['last loss', value(lastOf(loss))],
    [`last ${first?.name ?? ''}`, value(lastOf(first?.points))],
    [ended ? 'took' : 'so far', took === undefined || took === '' ? undefined : duration(took)],
    ['clients', samples(clients.clients.length + clients.beyond)],
    ['failed calls', samples(failed)],
    ['traffic', bytes(traffic)],
  ];
  const shown = all.filter(([, text]) => text !== undefined);
  return html`<ul class="figures">${shown.map(
    ([name, text, more = '']) => html`<li><b>${text}</b><span>${name}${more}</span></li>
`,
  )}</ul>`;
}

function figure(name: string, lines: readonly Line[], draw: Draw): Markup {
  const drawn = lines.filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return new Markup('');
  const keys =
    lines.length > 1
      ? html`<ul class="keys">${drawn.map((line, at) => html`<li class="key${at}">${line.name}</li>`)}</ul>`
      : undefined;
  return html`<figure><figcaption>${name}</figcaption>${new Markup(draw(drawn.map(({ points }) => points)))}${keys}</figure>
`;
}

function charts({ report }: ReportPage, draw: Draw): Markup {
  const { loss, metrics, roundSeconds, clientLosses } = report;
  const one = (name: string, points: readonly Point[]) => figure(name, [{ name, points }], draw);
  const drawn = metrics.lines.filter(({ points }) => points.length > 0);
  const shown = drawn.slice(0, metricCharts);
  const left = metrics.more || drawn.length > shown.length;
  return html`<h2>Course</h2>
<div class="charts">${one('Loss', loss)}${shown.map(({ name, points }) => one(name, points))}${figure(
    'Loss of each client',
    clientLosses,
    draw,
  )}${one('Seconds of each round', roundSeconds)}</div>
<p class="note">All charts are over rounds.${
    left ? ' Further metrics are in the file that fl-wizard report --format csv makes.' : ''
  }</p>`;
}

function about({ report, network }: ReportPage): Markup {
  const { started, ended, last, strategy, flower, minClients, roundTimeout, best } = report;
  const known: readonly (readonly [string, string | undefined])[] = [
    ['Network', network],
    ['Run', report.run],
    ['Began', started && `${moment(started)} (UTC, as all times here)`],
    [ended ? 'Ended' : 'Last heard of', ended || last ? moment(ended ?? last) : undefined],
    ['Strategy', strategy],
    ['Flower', flower],
    ['Clients needed', minClients === undefined ? undefined : samples(minClients)],
    ['Time for a round', roundTimeout === undefined ? undefined : limitOf(roundTimeout)],
    ['Best round', best && bestWords(best)],
    ['Not finite', notFiniteWords(report)],
    ['Waits for', report.ended ? undefined : report.phase?.missing.slice(0, 20).join(', ') || undefined],
  ];
  return pairs(known.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}

/** A metric of which there is nothing to draw is named all the same. */
function notFiniteWords({ notFinite, rows }: RunReport): string | undefined {
  const all = notFinite.map(({ name, rounds }) => `${name} in ${samples(rounds)} of ${plural(rows.count, 'round')}`);
  return all.length === 0 ? undefined : all.join(', ');
}

function bestWords({ best, by, among, fewer }: NonNullable<RunReport['best']>): string {
  const what = by === 'loss' ? 'the lowest loss' : 'the highest accuracy';
  return `${samples(best.round)}, ${what} (${number(best[by] ?? Number.NaN)}) of ${plural(among, 'round')}${fewerWords(fewer)}`;
}

function happened({ report }: ReportPage): Markup {
  const { starts, notices, run } = report;
  const again = starts.count - 1;
  const all = [
    ...[...starts.first, ...starts.last].slice(1).map(({ time, resumedAfter }) => ({
      time,
      text: `the server was started again${resumedAfter === undefined ? '' : ` behind round ${samples(resumedAfter)}`}`,
    })),
    ...notices.first,
    ...notices.last,
  ].sort((a, b) => a.time.localeCompare(b.time));
  if (all.length === 0) return new Markup('');
  const left = notices.count + starts.count - 1 - all.length;
  const columns: readonly Column[] = [
    { title: 'When', kind: 't' },
    { title: 'What', kind: 'said' },
  ];
  const rows = all.map(({ time, text }): Row => ({ cells: [moment(time), text] }));
  return html`<h2>What the server told</h2>
${again > 0 ? html`<p>It was started again ${again === 1 ? 'once' : `${samples(again)} times`}.</p>` : ''}
${grid(columns, rows)}${left > 0 ? html`<p class="note">${samples(left)} more: fl-wizard report ${run} --format json.</p>` : ''}`;
}

function section(title: string, wanted: boolean, body: () => Markup): Markup {
  return wanted
    ? html`<h2>${title}</h2>
${body()}
`
    : new Markup('');
}

export function reportPage(told: ReportPage, draw: Draw): string {
  const { report, network, state, source, written, version, proof, members, certificates, trouble, settings } = told;
  const refused = refusedOf(report, proof);
  const body = html`<p class="verdict${state.failed ? ' failed' : ''}">${state.text}</p>
<p class="note">${source}</p>
${figures(told)}
${about(told)}
${report.rows.count > 0 ? charts(told, draw) : ''}
<h2>Rounds</h2>
${roundsTable(report)}
<h2>Clients</h2>
${clientsTable(report)}
${section('Failures', report.failures.said.length > 0, () => failuresTable(report))}
${section('Refused connections', refused.said.length > 0, () => refusedTable(refused))}
${happened(told)}
<h2>Proof of mutual TLS</h2>
${proofSection({ proof, run: report.run })}
<h2>Network and certificates</h2>
${trouble === undefined ? '' : html`<p class="wrong">${trouble}</p>`}
${networkTable(members, certificates)}
${section('What it ran with', settings.length > 0, () => html`<div class="settings">${pairs(settings)}</div>`)}
<footer>Written ${moment(written)} by fl-wizard ${version}. ${source}</footer>
`;
  return page(`Run ${report.run} of ${network}`, reportStyle, body);
}
