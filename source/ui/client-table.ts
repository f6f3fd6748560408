/** The clients of a run, as many as are seen. Pure. */
import type { ClientView, RunView } from '../plan/run-view.ts';
import { soonDays } from '../plan/span.ts';
import { laggards } from './answered.ts';
import { type Hosts, hostOf, inTrouble, many, ordered } from './client-order.ts';
import { shownState } from './client-state.ts';
import { ago, bytes, cores, left, number, plural, samples, tenths } from './format.ts';
import { type Line, span } from './line.ts';
import type { Table } from './round-table.ts';
import type { CertificateFacts } from './session-state.ts';
import { type Column, table } from './table.ts';
import { firstTable, type Sort, type TableState } from './table-state.ts';
import { clientTense, knownUntil, type Tense } from './tense.ts';

export type ClientFacts = {
  readonly run: RunView;
  readonly hosts: Hosts;
  readonly certificates: Readonly<Record<string, CertificateFacts>>;
  readonly columns: number;
  readonly rows: number;
  readonly now: Date;
  readonly state?: TableState;
  /** The client that the cursor is on. */
  readonly cursor?: string;
};

/** At most `rows` lines. */
export function clientTable(facts: ClientFacts): Table & { readonly hidden: number } {
  const { run, columns, rows, state = firstTable, cursor } = facts;
  const all = ordered(run.clients, state, facts.hosts, laggards(run, facts.now));
  const room = Math.max(0, rows - 1);
  const from = firstShown(facts, all, room);
  const shown = all.slice(from, from + room);
  const count =
    all.length === run.clients.length
      ? samples(all.length)
      : `${samples(all.length)} of ${samples(run.clients.length)}`;
  const range = shown.length > 0 && shown.length < all.length ? `${from + 1}-${from + shown.length}/` : '';
  const title = shown.length < run.clients.length ? `CLIENT ${range}${count}` : 'CLIENT';
  const made = table(clientColumns(title, facts), shown, columns);
  const [titles = [], ...body] = made.lines;
  const head = titles.map((each, at) => (at === 0 ? { ...each, shown: body.length } : each));
  const marked = body.map((line, at) => (shown[at]?.name === cursor && cursor !== undefined ? withCursor(line) : line));
  const lines = shown.length > 0 ? [head, ...marked] : [head, [span(`  ${whyNone(run, state)}`, 'dim')]];
  return { ...made, lines: lines.slice(0, rows), hidden: all.length - shown.length };
}

function whyNone({ clients }: RunView, { filter, faults }: TableState): string {
  if (clients.length === 0) return 'no client is known yet';
  return filter
    ? `no client is like “${filter}” (esc shows all)`
    : faults
      ? 'no client is in trouble (f shows all)'
      : '';
}

/** The cursor is always seen, with what is before it where there is room. */
function firstShown({ cursor }: ClientFacts, all: readonly ClientView[], room: number): number {
  const at = cursor === undefined ? -1 : all.findIndex(({ name }) => name === cursor);
  return Math.max(0, Math.min(all.length - room, at - Math.floor(room / 2)));
}

function withCursor(line: Line): Line {
  const [, ...rest] = line;
  return [span('❯', 'accent'), ...rest];
}

/** What most cells of a column are as wide as: `evaluating`, `59 min`, `12,400`, `2.5 s`, `0.412`. */
const usual = { state: 10, seen: 4, samples: 7, fit: 6, loss: 5 } as const;

function clientColumns(title: string, facts: ClientFacts): readonly Column<ClientView>[] {
  const { run, hosts, now, certificates, state = firstTable } = facts;
  const tense = clientTense(run);
  const until = knownUntil(run, now);
  const slow = laggards(run, now);
  const note = (client: ClientView) => [slow.get(client.name) ?? '', noteOf(client)].filter(Boolean).join(' · ');
  const sorted = (name: string, sort: Sort) => (state.sort === sort ? `${name} ▼` : name);
  // Where some of many change all the time, what is behind them must not move.
  const steady = (least: number) => (many(run.clients) ? { least } : {});
  const told = toldBy(run.clients);
  const known = Object.keys(certificates).length > 0;
  const columns: (Column<ClientView> & { readonly used?: boolean })[] = [
    { title: sorted(title, 'name'), importance: 100, most: 28, cell: ({ name }) => span(name, 'strong') },
    {
      title: sorted('STATE', 'state'),
      importance: 95,
      ...steady(usual.state),
      cell: (client) => {
        const { word, tone } = shownState(client, tense);
        return span(word, tone);
      },
    },
    { ...right(sorted('SEEN', 'seen'), 55), ...steady(usual.seen), cell: ({ seen }) => span(ago(seen, now)) },
    { title: 'HOST', importance: 42, most: 28, cell: (client) => span(hostOf(client, hosts)) },
    {
      ...right(sorted('SAMPLES', 'samples'), 70),
      ...steady(usual.samples),
      cell: (client) => span(client.samples === undefined ? '' : samples(client.samples)),
    },
    { ...right(sorted('FIT', 'fit'), 60), ...steady(usual.fit), cell: (client) => fitOf(client, until, tense) },
    {
      ...right(sorted('LOSS', 'loss'), 50),
      ...steady(usual.loss),
      used: told.loss,
      cell: (client) => span(client.loss === undefined ? '' : number(client.loss)),
    },
    {
      ...right('CPU', 36),
      used: told.cpu,
      cell: ({ process }) => span(process?.cpu === undefined ? '' : cores(process.cpu)),
    },
    {
      ...right(sorted('MEM', 'memory'), 38),
      used: told.memory,
      cell: ({ process }) => span(process?.memory === undefined ? '' : bytes(process.memory)),
    },
    {
      ...right('GPU', 40),
      used: told.gpu,
      cell: ({ process }) => span(gpuOf(process)),
    },
    {
      ...right('UP', 30),
      used: told.up,
      cell: ({ process }) => span(process?.state === 'running' && process.since ? ago(process.since, now) : ''),
    },
    {
      ...right('CERT', 25),
      used: known,
      cell: ({ name }) => certificateCell(Object.hasOwn(certificates, name) ? certificates[name] : undefined, now),
    },
    {
      title: sorted('NOTE', 'failures'),
      importance: 80,
      grows: true,
      used: told.note || slow.size > 0,
      cell: (client) => span(note(client), inTrouble(client) || slow.has(client.name) ? 'bad' : 'dim'),
    },
  ];
  return columns.filter(({ used = true }) => used);
}

/** What any client of a run has told. A frame asks a thousand of them: they are gone through once. */
function toldBy(clients: RunView['clients']) {
  const told = { loss: false, cpu: false, memory: false, gpu: false, up: false, note: false };
  for (const client of clients) {
    const { process } = client;
    told.loss ||= client.loss !== undefined;
    told.note ||= noteOf(client) !== '';
    if (!process) continue;
    told.cpu ||= process.cpu !== undefined;
    told.memory ||= process.memory !== undefined;
    told.gpu ||= process.gpus?.[0] !== undefined;
    told.up ||= process.since !== undefined;
  }
  return told;
}

function right(title: string, importance: number): { title: string; align: 'right'; importance: number } {
  return { title, align: 'right', importance };
}

/** Who trains is told for how long, with what it took the last time. */
function fitOf({ state, since, fitSeconds }: ClientView, now: Date, tense: Tense) {
  if (state === 'training' && (tense === 'now' || tense === 'lost')) return span(`${ago(since, now)} +`, 'good');
  return span(fitSeconds === undefined ? '' : tenths(fitSeconds));
}

function gpuOf(process: ClientView['process']): string {
  const gpus = process?.gpus ?? [];
  const [first] = gpus;
  if (!first) return '';
  const use = Math.round((gpus.reduce((sum, each) => sum + each.use, 0) / gpus.length) * 100);
  return gpus.length > 1 ? `${gpus.length}x ${use}%` : `${use}%`;
}

function certificateCell(certificate: CertificateFacts | undefined, now: Date) {
  if (!certificate) return span('');
  const days = left(certificate.expires, now);
  return span(days.text, days.days < soonDays ? 'bad' : 'plain');
}

/** Why a client is in trouble, or how often it was. */
export function noteOf(client: ClientView): string {
  const { failed, failures, process } = client;
  const { why } = shownState(client);
  // A thousand clients are asked, and of most there is nothing to tell.
  if (failed === 0 && !process) return why ?? '';
  const restarts = process?.restarts ? plural(process.restarts, 'restart') : '';
  const often = failed > 0 ? `failed ${failed}x${why ? '' : `, last ${failures.at(-1)?.reason ?? ''}`}` : '';
  const host = process?.failure ? `host: ${process.failure}` : '';
  return [why, host, often, restarts].filter(Boolean).join(' · ');
}
