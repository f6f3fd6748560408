/** A report's rounds, clients and failures as tables. Pure. */
import type { RoundRow, RunReport } from '../flower/run-report.ts';
import { isAccuracy } from '../plan/best.ts';
import type { Proof } from '../plan/proven.ts';
import { bytes, plural, samples } from '../ui/format.ts';
import { type Column, count, type Gap, grid, measured, moment, own, type Row, seconds, span, tally } from './cells.ts';
import { html, type Markup } from './markup.ts';

/** More columns of metrics fit on no page. */
const metricColumns = { rounds: 6, clients: 4 };
/** A network has up to a thousand clients. */
const clientRows = 1000;

const metricColumn = (name: string): Column => ({ title: name, kind: 'n' });
const amount = (value: number | undefined) => (value === undefined ? '' : bytes(value));

export function roundsTable(report: RunReport): Markup {
  const { rows, run, best, metrics } = report;
  if (rows.count === 0) return html`<p>No round has ended yet.</p>`;
  const names = metrics.lines.slice(0, metricColumns.rounds).map(({ name }) => name);
  const shown = (row: RoundRow): Row => roundCells(row, names, row.round === best?.best.round && rows.count > 1);
  const left = rows.count - rows.first.length - rows.last.length;
  const gap: readonly Gap[] =
    left > 0
      ? [{ gap: `${plural(left, 'round')} not shown here: fl-wizard report ${run} --format csv has all of them` }]
      : [];
  const columns: readonly Column[] = [
    { title: 'Round', kind: 'n' },
    { title: 'Ended', kind: 't' },
    { title: 'Took', kind: 'n' },
    { title: 'Trained', kind: 't' },
    { title: 'Evaluated', kind: 't' },
    { title: 'Loss', kind: 'n' },
    ...names.map(metricColumn),
    { title: 'Traffic', kind: 'n' },
    { title: 'Weights', kind: 't' },
  ];
  const more = metrics.more || metrics.lines.length > names.length;
  return html`${grid(columns, [...rows.first.map(shown), ...gap, ...rows.last.map(shown)])}${
    more
      ? html`<p class="note">There are further metrics: fl-wizard report ${run} --format csv has all of them.</p>`
      : ''
  }`;
}

function roundCells(row: RoundRow, names: readonly string[], best: boolean): Row {
  const { round, time, fit, evaluate, loss, metrics, notFinite = [], weights } = row;
  const cells = [
    best ? html`${samples(round)} best` : samples(round),
    moment(time),
    seconds(row.seconds),
    tally(fit),
    tally(evaluate),
    measured(loss, notFinite.includes('loss')),
    ...names.map((name) => measured(own(metrics, name), notFinite.includes(name))),
    amount(row.bytes),
    weights,
  ];
  return best ? { cells, mark: 'best' } : { cells };
}

export function clientsTable({ clients: { clients, beyond }, run }: RunReport): Markup {
  if (clients.length === 0) return html`<p>No client was seen yet.</p>`;
  const told = [...new Set(clients.flatMap(({ metrics }) => Object.keys(metrics)))];
  const all = told.sort((a, b) => Number(isAccuracy(b)) - Number(isAccuracy(a)));
  const names = all.slice(0, metricColumns.clients);
  const columns: readonly Column[] = [
    { title: 'Client' },
    { title: 'Last state', kind: 't' },
    ...['Trained', 'Evaluated', 'Failed', 'Samples', 'A training took', 'Loss'].map(metricColumn),
    ...names.map(metricColumn),
    ...['Sent', 'Received'].map(metricColumn),
    { title: 'Address', kind: 'said' },
  ];
  const rows = clients.slice(0, clientRows).map((each): Row => {
    const mean = each.fits > 0 ? each.fitSeconds / each.fits : undefined;
    const state = each.detail === undefined ? each.state : `${each.state}: ${each.detail}`;
    return {
      cells: [
        each.client,
        state ?? 'not seen',
        ...[count(each.fits), count(each.evaluations)],
        each.failed > 0 ? html`<span class="wrong">${samples(each.failed)}</span>` : '0',
        ...[count(each.samples), seconds(mean), measured(each.loss)],
        ...names.map((name) => measured(own(each.metrics, name))),
        ...[amount(each.bytesUp), amount(each.bytesDown), each.address],
      ],
    };
  });
  const left = clients.length - rows.length + beyond;
  const gap: readonly Gap[] = left > 0 ? [{ gap: `${plural(left, 'client')} more, which are not shown here` }] : [];
  return html`${grid(columns, [...rows, ...gap])}${
    all.length > names.length ? html`<p class="note">fl-wizard pull ${run} has all metrics in clients.csv.</p>` : ''
  }`;
}

export function failuresTable({ failures: { said, beyond }, run }: RunReport): Markup {
  const rows = said.map(
    ({ what, count: times, first, last }): Row => ({
      cells: [what.client, what.phase, what.reason, samples(times), rounds(times, Number(first), Number(last))],
    }),
  );
  const columns: readonly Column[] = [
    { title: 'Client' },
    { title: 'Phase', kind: 't' },
    { title: 'Reason', kind: 'said' },
    { title: 'Times', kind: 'n' },
    { title: 'Rounds', kind: 't' },
  ];
  const more = `${plural(beyond, 'further failure')} for other reasons: fl-wizard report ${run} --format json has all`;
  return grid(columns, [...rows, ...(beyond > 0 ? [{ gap: more }] : [])]);
}

/** Whom the server refused, without those that a proof of ours has shown it. */
export function refusedOf({ refused }: RunReport, proof: Proof | undefined): RunReport['refused'] {
  const ours = new Set(proof?.tries.flatMap(({ expected, shown }) => (expected === 'refused' && shown ? [shown] : [])));
  const said = refused.said.filter(({ what: { fingerprint } }) => fingerprint === undefined || !ours.has(fingerprint));
  return { ...refused, said };
}

export function refusedTable({ said, beyond }: RunReport['refused']): Markup {
  const rows = said.map(
    ({ what, count: times, first, last }): Row => ({
      cells: [what.who, what.reason, samples(times), span(moment(String(first)), moment(String(last)))],
    }),
  );
  const columns: readonly Column[] = [
    { title: 'Who', kind: 'said' },
    { title: 'Reason', kind: 'said' },
    { title: 'Times', kind: 'n' },
    { title: 'When', kind: 't' },
  ];
  return grid(columns, [
    ...rows,
    ...(beyond > 0 ? [{ gap: `${plural(beyond, 'further refusal')} not shown here` }] : []),
  ]);
}

/** `3`, `3 to 5` where it was all of them, else `between 3 and 5`. */
function rounds(times: number, first: number, last: number): string {
  return times > 1 && times < last - first + 1 ? `between ${first} and ${last}` : span(first, last);
}
