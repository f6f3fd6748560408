/** The clients of a run, as many as are seen. Pure. */
import type { ClientView, RunView } from '../plan/run-view.ts';
import { duration, number, samples, secondsBetween, tenths } from './format.ts';
import { span } from './line.ts';
import type { Table } from './round-table.ts';
import { type Column, table } from './table.ts';
import { stateTones } from './theme.ts';

const troubles = new Set(['failed', 'refused', 'lost', 'restarting']);

/** At most `rows` lines from the client at `offset` on; where not all fit, those in trouble come first. */
export function clientTable(
  run: RunView,
  hosts: Readonly<Record<string, string>>,
  columns: number,
  rows: number,
  offset: number,
  now: Date,
): Table & { readonly hidden: number } {
  const all = run.clients;
  const room = Math.max(0, rows - 1);
  const ordered =
    all.length <= room
      ? all
      : [...all.filter((each) => troubles.has(each.state)), ...all.filter((each) => !troubles.has(each.state))];
  const from = Math.max(0, Math.min(offset, all.length - room));
  const shown = ordered.slice(from, from + room);
  const title =
    shown.length < all.length ? `CLIENT ${from + 1}-${from + shown.length}/${samples(all.length)}` : 'CLIENT';
  const made = table(clientColumns(title, all, hosts, now), shown, columns);
  const lines = shown.length > 0 ? made.lines : [...made.lines, [span('  no client has been seen yet', 'dim')]];
  return { ...made, lines: lines.slice(0, rows), hidden: all.length - shown.length };
}

function clientColumns(
  title: string,
  all: readonly ClientView[],
  hosts: Readonly<Record<string, string>>,
  now: Date,
): readonly Column<ClientView>[] {
  const hostOf = (client: ClientView) =>
    (Object.hasOwn(hosts, client.name) ? hosts[client.name] : undefined) ?? client.host ?? client.address ?? '';
  const columns: Column<ClientView>[] = [
    { title, importance: 100, most: 28, cell: (client) => span(client.name, 'strong') },
    { title: 'STATE', importance: 95, cell: (client) => span(client.state, stateTones[client.state]) },
    { title: 'HOST', importance: 60, most: 28, cell: (client) => span(hostOf(client)) },
    { title: 'SINCE', align: 'right', importance: 50, cell: (client) => span(ago(client.since, now)) },
    {
      title: 'SAMPLES',
      align: 'right',
      importance: 70,
      cell: (client) => span(client.samples === undefined ? '' : samples(client.samples)),
    },
    {
      title: 'FIT',
      align: 'right',
      importance: 40,
      cell: (client) => span(client.fitSeconds === undefined ? '' : tenths(client.fitSeconds)),
    },
    {
      title: 'LOSS',
      align: 'right',
      importance: 30,
      cell: (client) => span(client.loss === undefined ? '' : number(client.loss)),
    },
    {
      title: 'NOTE',
      importance: 80,
      grows: true,
      cell: (client) => span(client.detail ?? '', troubles.has(client.state) ? 'bad' : 'dim'),
    },
  ];
  const used = { LOSS: all.some((client) => client.loss !== undefined), NOTE: all.some((client) => client.detail) };
  return columns.filter(({ title: own }) => used[own as keyof typeof used] ?? true);
}

function ago(since: string, now: Date): string {
  const seconds = secondsBetween(since, now);
  return seconds === undefined ? '' : duration(Math.round(seconds));
}
