/** The whole monitor as lines: who gets how many rows, and in which order they stand. Pure. */
import type { Failure } from '../plan/failure.ts';
import type { View } from '../plan/reduce.ts';
import type { RunView } from '../plan/run-view.ts';
import { laggards } from './answered.ts';
import { many, ordered } from './client-order.ts';
import { clientPage } from './client-page.ts';
import { shownState, shownStates } from './client-state.ts';
import { clientTable } from './client-table.ts';
import { failureCards } from './failure-lines.ts';
import { samples, secondsBetween } from './format.ts';
import { isTooSmall, type Line, page, rule, span } from './line.ts';
import type { LogLine } from './log-book.ts';
import { logPane } from './log-pane.ts';
import { logRows, type MergedLine, merged } from './merged-log.ts';
import { footOf, usualLeave } from './monitor-foot.ts';
import { headLines, phaseLine } from './monitor-head.ts';
import { onceForLast } from './once-for.ts';
import { everything } from './once-lines.ts';
import { indented } from './plan-lines.ts';
import { roundRows, roundsPane, roundTable } from './round-table.ts';
import { lossesOf, metricsOf, valuesOf } from './run-facts.ts';
import { serverLine } from './server-line.ts';
import type { CertificateFacts } from './session-state.ts';
import { share } from './share.ts';
import { tableHelp } from './table-help.ts';
import { cursorOf, firstTable, type TableContext, type TableState } from './table-state.ts';
import { clientTense } from './tense.ts';
import { tinyLines } from './tiny.ts';
import { twoCharts } from './two-charts.ts';
import { widthOf } from './width.ts';

export type MonitorFacts = {
  readonly view: View;
  readonly network: string;
  readonly columns: number;
  /** No limit where it is left out: every round and every client is shown. */
  readonly rows?: number;
  readonly now: Date;
  /** What each client's host is called, by the client's name. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly unicode: boolean;
  readonly certificates?: Readonly<Record<string, CertificateFacts>>;
  /** What hosts printed last, in the order of time. */
  readonly log?: readonly LogLine[];
  /** What the reader has chosen to see. Left out: nobody has a keyboard. */
  readonly state?: TableState;
  /** Whether processes can be restarted and stopped from here. */
  readonly hands?: boolean;
  /** What stands above the keys, such as where results lie. */
  readonly footer?: readonly string[];
  /** What the session has ended by, where it did not end well. */
  readonly failures?: readonly Failure[];
  /** What `q` does. */
  readonly leave?: string;
  /** What becomes of what is watched, where `q` ends it and so asks first. */
  readonly ends?: string;
};

/** From so many rows on there is one for what holds for the whole run. */
const rowsForServer = 20;

/** What keys need to know of what is shown. */
export function tableContext(facts: Omit<MonitorFacts, 'columns' | 'rows' | 'unicode' | 'network'>): TableContext {
  const { view, hosts, now, state = firstTable, log = [], hands = false, ends } = facts;
  const { run } = view;
  return {
    clients: ordered(run.clients, state, hosts, laggards(run, now)).map(({ name }) => name),
    metrics: metricsOf(run.finished),
    log: () => merged(run, log, Infinity),
    hands,
    // Of a run that is over nothing is lost.
    asks: ends !== undefined && run.end === undefined,
  };
}

export function monitorLines(facts: MonitorFacts): readonly Line[] {
  const { columns, rows, view, now } = facts;
  if (rows === undefined) return everything(facts);
  if (isTooSmall({ columns, rows })) {
    const { state = firstTable, leave = usualLeave } = facts;
    return tinyLines({ view, phase: phaseLine({ view, now }), now, state, leave }, { columns, rows });
  }
  const foot = footOf(facts, rows);
  return page(bodyOf(facts, rows - foot.length), foot, { columns, rows });
}

function bodyOf(facts: MonitorFacts, rows: number): readonly Line[] {
  const { view, columns, hosts, now, certificates = {}, state = firstTable, unicode, hands = false } = facts;
  if (state.pane === 'help') {
    const leave = facts.leave ?? usualLeave;
    const { failures = [], footer = [] } = facts;
    const told = [
      ...failureCards(failures, columns, Number.MAX_SAFE_INTEGER),
      ...footer.flatMap((text) => indented(text, columns, 1, 'plain')),
    ];
    return tableHelp({
      columns,
      rows,
      offset: state.offset,
      hands,
      leave: tableContext(facts).asks ? `${leave}: asks first` : leave,
      told,
    });
  }
  if (state.pane === 'client') {
    const client = view.run.clients.find(({ name }) => name === state.selected);
    const log = client
      ? merged(
          { ...view.run, notices: [] },
          (facts.log ?? []).filter(({ member }) => member === client.name),
          rows,
        )
      : [];
    const certificate = client && Object.hasOwn(certificates, client.name) ? certificates[client.name] : undefined;
    const more = { ...(certificate ? { certificate } : {}), ...(state.metric ? { metric: state.metric } : {}) };
    if (client)
      return clientPage({
        run: view.run,
        client,
        hosts,
        log,
        columns,
        rows,
        offset: state.offset,
        unicode,
        now,
        ...more,
      });
  }
  const head = headLines(facts);
  if (state.pane === 'log') {
    const room = rows - head.length - 1;
    return [...head, rule(columns), ...logPane({ run: view.run, log: facts.log ?? [], state, columns, rows: room })];
  }
  if (state.pane === 'rounds') return [...head.slice(0, 1), ...roundsPane(view.run, state, columns, rows - 1)];
  const server = rows >= rowsForServer ? serverLine({ run: view.run, certificates, columns, now }) : [];
  const top = server.length > 0 ? [...head, server] : head;
  return [...top, ...regionsOf(facts, rows - top.length)];
}

function regionsOf(facts: MonitorFacts, rows: number): readonly Line[] {
  const { view, columns, now, state = firstTable } = facts;
  const { run } = view;
  // In a low terminal the lines between the parts are rows that a client could have.
  const ruled = rows >= 14 ? 1 : 0;
  const clients = 1 + Math.max(1, run.clients.length);
  const log = merged(run, facts.log ?? [], rows);
  const leastRounds = ruled > 0 ? 4 : 2;
  const given = share(rows, [
    { least: leastRounds + ruled, wanted: roundRows(run, state.faults) + ruled },
    // One of them at least: a cursor that nobody sees chooses for nobody.
    { least: Math.min(clients, 4, Math.max(2, rows - leastRounds)) + ruled, wanted: clients + ruled },
    { least: 2 + ruled, wanted: Math.min(log.length, 8) + ruled },
    { least: 5 + ruled, wanted: run.finished.length > 1 ? (run.clients.length > 10 ? 5 : 9) + ruled : 0 },
  ]);
  const [forRounds = 0, forClients = 0, forTail = 0, forChart = 0] = given;
  // What nobody else wants is the log's, which always has more.
  const forLog = forTail > 0 ? rows - forRounds - forClients - forChart : 0;
  const line = ruled > 0 ? [rule(columns)] : [];
  const part = (given: number, make: (own: number) => readonly Line[]) =>
    given > ruled ? [...line, ...make(given - ruled)] : [];
  return [
    ...part(forChart, (own) => charts(facts, own)),
    ...part(forRounds, (own) => roundTable(run, { columns, rows: own, now, ...state }).lines),
    ...(forClients > ruled && ruled > 0 ? [clientRule(facts)] : []),
    ...(forClients > ruled ? clientLines(facts, forClients - ruled) : []),
    ...part(forLog, (own) => tailLines(facts, own)),
  ];
}

/** Seconds for which what is told of the run stands before what hosts print, which would have moved it out of sight. */
const fresh = 30;

/** The end of the log, the youngest line last, as everybody's logs have it. */
function tailLines({ view: { run }, log = [], now }: MonitorFacts, rows: number): readonly Line[] {
  const news = run.notices
    .filter(({ time }) => (secondsBetween(time, now) ?? fresh) < fresh)
    .slice(-Math.ceil(rows / 2));
  const others = merged(
    { ...run, notices: run.notices.filter((each) => !news.includes(each)) },
    log,
    rows - news.length,
  );
  const all: readonly MergedLine[] = [...others, ...news];
  return logRows(all.toSorted((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)));
}

function clientLines(facts: MonitorFacts, rows: number): readonly Line[] {
  const { view, hosts, columns, certificates = {}, now, state } = facts;
  const cursor = state ? cursorOf(state, tableContext(facts)) : undefined;
  const chosen = { ...(state ? { state } : {}), ...(cursor === undefined ? {} : { cursor }) };
  return clientTable({ run: view.run, hosts, certificates, columns, rows, now, ...chosen }).lines;
}

/** The line above the clients tells which are shown and, of many, how many are in which state. */
function clientRule({ view, columns, state = firstTable }: MonitorFacts): Line {
  const chosen = [state.filter ? `filter: ${state.filter}` : '', state.faults ? 'faults only' : '']
    .filter(Boolean)
    .join(' · ');
  const counts = new Map<string, number>();
  const tense = clientTense(view.run);
  for (const client of view.run.clients) {
    const { word } = shownState(client, tense);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const states = many(view.run.clients)
    ? shownStates
        .filter((word) => counts.has(word))
        .map((word) => `${samples(counts.get(word) ?? 0)} ${word}`)
        .join(' · ')
    : '';
  const text = [chosen, states].filter(Boolean).join('   ');
  if (text === '' || widthOf(text) + 8 > columns) return rule(columns);
  return [...rule(columns - widthOf(text) - 4), span(` ${text} `, chosen ? 'accent' : 'plain'), span('──', 'dim')];
}

function charts({ view, columns, unicode, state = firstTable }: MonitorFacts, rows: number): readonly Line[] {
  return chartsOnce(view.run.finished, state.metric, columns, rows, unicode);
}

/** Drawn with each round, and not with each frame. */
const chartsOnce = onceForLast(
  (rounds: RunView['finished'], wanted: string | undefined, columns: number, rows: number, unicode: boolean) => {
    const metric = wanted ?? metricsOf(rounds)[0];
    return twoCharts({
      losses: lossesOf(rounds),
      values: metric === undefined ? [] : valuesOf(rounds, metric),
      titles: ['loss', metric ?? ''],
      ends: [rounds[0]?.round ?? 1, rounds.at(-1)?.round ?? 1],
      narrow: wanted ? 'metric' : 'loss',
      columns,
      rows,
      unicode,
    });
  },
);
