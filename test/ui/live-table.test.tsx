/** A recorded run (three clients of the digits; one raises, one dies) as every reader shows it, at every size. */
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { renderToString } from 'ink';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import type { Call } from '../../source/commands/context.ts';
import { stageOf } from '../../source/commands/stage.ts';
import { PlainReader, unicodeSymbols } from '../../source/headless/plain.ts';
import type { Event } from '../../source/plan/event.ts';
import { inert } from '../../source/ui/inert.ts';
import { merged } from '../../source/ui/merged-log.ts';
import { Monitor } from '../../source/ui/monitor.tsx';
import { monitorLines, tableContext } from '../../source/ui/monitor-lines.ts';
import { firstTable, type TableState, tableKey } from '../../source/ui/table-state.ts';
import { viewOf } from './events.ts';

const recorded: readonly Event[] = readFileSync(new URL('transcripts/digits.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));

/** What hosts tell beside the run: a process each, as a look at them finds it. */
const processes: readonly Event[] = [
  { type: 'process-seen', member: 'server', state: 'running', cpu: 0.31, memory: 412_000_000 },
  {
    type: 'process-seen',
    member: 'client1',
    state: 'running',
    cpu: 0.88,
    memory: 9_800_000_000,
    gpus: [{ use: 0.97, memory: 31_000_000_000, total: 40_000_000_000 }],
  },
  { type: 'process-seen', member: 'client2', state: 'failed', restarts: 1, detail: 'it was killed (signal 9)' },
  { type: 'process-seen', member: 'client3', failure: 'no answer within 10 s' },
].map((each) => ({ ...each, since: '2026-11-29T18:16:52Z', time: '2026-11-29T18:16:56Z' }) as Event);

/** In the middle of round 4, where one client has raised and another has died. */
const middle = [
  ...recorded.slice(
    0,
    recorded.findIndex((event) => 'sequence' in event && event.sequence === 68),
  ),
];
const views = { middle: viewOf([...middle, ...processes]), end: viewOf([...recorded, ...processes]) };

const certificate = (name: string, expires: string) => ({
  subject: `CN=${name},O=digits`,
  expires,
  serial: '12c0bccdda5b3a58608e8ab2f4eb7de0e',
  fingerprint: '9ded8927d2a193a18f5a461d941967cafb3b4d4a4be7fd2eb96f8f5ec2c9d1aa',
});

const base = {
  network: 'digits',
  hosts: { client1: 'ubuntu@10.0.0.11', client2: 'fl@pacs-gw', client3: 'hosp-c' },
  certificates: {
    server: certificate('localhost', '2028-11-28T00:00:00Z'),
    client1: certificate('FLClient1', '2028-11-28T00:00:00Z'),
    client2: certificate('FLClient2', '2026-12-11T00:00:00Z'),
  },
  log: [
    { member: 'client1', time: '2026-11-29T18:16:55.086Z', text: 'RuntimeError: CUDA out of memory' },
    { member: 'client3', time: '2026-11-29T18:16:55.090Z', text: 'fit: 582 samples, \x1b[31mloss\x1b[0m 0.136' },
  ],
  colors: false,
  unicode: true,
  hands: true,
  now: new Date('2026-11-29T18:17:30Z'),
};

const sizes = [
  [120, 40],
  [80, 24],
  [40, 12],
  [20, 5],
] as const;

const pages = {
  table: '',
  client: 'down enter',
  log: 'l',
  help: '?',
  faults: 'f',
  stop: 's',
} as const;

function stateAfter(keys: string, view: (typeof views)['end']): TableState {
  return keys
    .split(' ')
    .filter(Boolean)
    .reduce((state, word) => {
      const key = ['down', 'enter'].includes(word) ? { name: word as 'down' } : { name: 'text' as const, text: word };
      return tableKey(state, key, tableContext({ ...base, view, state })).state;
    }, firstTable);
}

function frame(when: keyof typeof views, keys: string, columns: number, rows: number, more: object = {}): string {
  const view = views[when];
  const state = stateAfter(keys, view);
  return renderToString(<Monitor {...base} {...more} view={view} state={state} columns={columns} rows={rows} />, {
    columns,
  });
}

/** The reader's own time zone is not the recorder's. */
function timeless(text: string): string {
  return text.replace(/\b\d\d:\d\d(:\d\d)?\b/g, (time) => time.replace(/\d/g, '0'));
}

describe.each(sizes)('a recorded run at %dx%d', (columns, rows) => {
  it.each(Object.entries(pages))('has the picture of its %s', async (name, keys) => {
    for (const when of ['middle', 'end'] as const) {
      const shown = frame(when, keys, columns, rows);
      expect(shown.split('\n').length).toBeLessThanOrEqual(rows);
      for (const line of shown.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
      await expect(timeless(`${shown}\n`)).toMatchFileSnapshot(`frames/${name}-${when}-${columns}x${rows}.txt`);
    }
  });

  it('says the same with colors and without, and with ASCII alone', () => {
    for (const keys of Object.values(pages)) {
      const colored = frame('middle', keys, columns, rows, { colors: true });
      expect(colored.replace(/\x1b\[[\d;]*m/g, '').replace(/ +$/gm, '')).toBe(frame('middle', keys, columns, rows));
      expect(colored).not.toMatch(/\x1b\[[\d;]*[^\d;m]/);
      expect(frame('middle', keys, columns, rows, { unicode: false })).toMatch(/^[ -~\n]*$/);
    }
    expect(frame('middle', '', columns, rows, { colors: true })).toMatch(/\x1b\[31m/);
  });
});

it('tells as lines each round once, who failed and why, and how it ended', () => {
  const reader = new PlainReader(unicodeSymbols);
  const lines = recorded.flatMap((event) => reader.read(event));
  for (let round = 1; round <= 7; round += 1)
    expect(lines.filter((line) => line.includes(`round ${round} of 7`))).toHaveLength(1);
  expect(lines.join('\n')).toMatch(/client1 failed in fit: raised RuntimeError: CUDA out of memory/);
  expect(lines.join('\n')).toMatch(/client2 lost: the connection was lost/);
  expect(lines.at(-1)).toContain('the run is finished');
});

it('is told as JSON event by event, as it came', async () => {
  const stdout = new PassThrough();
  const told = text(stdout);
  const call = { common: { json: true }, options: {}, io: { stdout, signal: new AbortController().signal } };
  const stage = await stageOf(call as unknown as Call, { steps: [], autopilot: true } as never, {} as never);
  for (const event of recorded) await stage.feed(event);
  stdout.end();
  const lines = (await told).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(recorded);
});

it('is the same run whether its events are read once or, after a lost connection, some of them twice', () => {
  const twice = recorded.flatMap((event, at) =>
    at % 20 === 19 ? [event, ...recorded.slice(at - 9, at + 1)] : [event],
  );
  expect(viewOf(twice).run).toEqual(viewOf(recorded).run);
});

it('keeps what is told of the run before what hosts print, while it is news', () => {
  const flood = Array.from({ length: 500 }, (_, at) => ({
    member: 'client1',
    time: '2026-11-29T18:17:29Z',
    text: `step ${at}`,
  }));
  const notice: Event = { type: 'notice', time: '2026-11-29T18:17:20Z', text: 'restart client3: done' };
  const view = viewOf([...middle, notice]);
  const shown = (now: string) =>
    monitorLines({ ...base, view, log: flood, columns: 80, rows: 24, now: new Date(now) })
      .map((line) => line.map(({ text }) => text).join(''))
      .join('\n');
  expect(shown('2026-11-29T18:17:30Z')).toContain('restart client3: done');
  expect(shown('2026-11-29T18:17:30Z')).toContain('step 499');
  expect(shown('2026-11-29T18:17:51Z')).not.toContain('restart client3: done');
});

describe('the page of the log', () => {
  const long = `loss of each class: ${Array.from({ length: 30 }, (_, at) => `漢字${at}=0.${at}`).join(' ')} (all)`;
  const log = [
    ...base.log,
    { member: 'client3', time: '2026-11-29T18:16:56Z', text: `\x1b[2J${long}` },
    { member: 'client1', time: '2026-11-29T18:16:57Z', text: 'fit: 600 samples, LOSS 0.2' },
  ];
  const shown = (state: Partial<TableState>, columns = 80, rows = 24) =>
    monitorLines({
      ...base,
      log,
      view: views.middle,
      state: { ...firstTable, pane: 'log', ...state },
      columns,
      rows,
    }).map((line) => line.map(({ text }) => text).join(''));

  it('says how many lines have come since it was stopped', () => {
    const now = merged(views.middle.run, log, Infinity);
    const held = now.slice(0, -2);
    expect(shown({ held, offset: 1 }).join('\n')).toContain('stopped, 2 below');
    expect(shown({ held, offset: 1, search: 'LOSS 0.2' }).join('\n')).toContain('stopped, 1 below');
    expect(shown({ held: now, offset: 0 }).join('\n')).toContain('stopped, 0 below');
  });

  it('shows only lines that have what is looked for, as they are shown, or that are of such a member', () => {
    const found = shown({ search: 'Loss 0' });
    expect(found.join('\n')).toMatch(
      / LOG {3}filter: Loss 0 {3}follows; ↑ stops it\n.*samples, loss 0\.136\n.*LOSS 0\.2\n\s+\n/,
    );
    expect(found.at(-1)).toMatch(/esc show all {3}q leave/);
    const members = shown({ search: 'CLIENT1' }).filter((line) => /^ \d\d:/.test(line));
    expect(members).toHaveLength(3);
    for (const line of members) expect(line).toContain('client1');
    expect(shown({ search: '[2J' }).join('\n')).toContain('no line has “[2J” in it (esc shows all)');
  });

  it.each([
    [120, 40],
    [80, 24],
    [50, 40],
  ])('breaks long lines at %dx%d, so that nothing of them is lost', (columns, rows) => {
    const cut = shown({ search: 'each class' }, columns, rows);
    expect(cut.join('\n')).not.toContain('(all)');
    const whole = shown({ search: 'each class', wraps: true }, columns, rows);
    for (const line of whole) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    const from = whole.findIndex((line) => line.includes('filter: each class')) + 1;
    const text = whole.slice(from, -1).join(' ').replace(/\s+/g, ' ');
    expect(text).toContain(`client3 ${long}`);
    expect(whole.at(-1)).toMatch(columns < 80 ? /q leave/ : /w cut/);
  });

  it('says of a line that alone has no room how much of it is left out', () => {
    const small = shown({ search: 'each class', wraps: true }, 40, 12);
    expect(small.join('\n')).toMatch(/client3 *\n {3}loss of each class.*\n(?:.*\n)*.*… \d+ rows more: fl-wizard logs/);
  });
});

it('says of no client that it trains where there is no server', () => {
  const halted: Event = { type: 'phase-changed', time: '2026-11-29T18:17:20Z', phase: 'halted', round: 4, rounds: 7 };
  const shown = monitorLines({ ...base, view: viewOf([...middle, ...processes, halted]), columns: 120, rows: 40 })
    .map((line) => line.map(({ text }) => text).join(''))
    .join('\n');
  expect(shown).toMatch(/client3 +no server/);
  expect(shown).toMatch(/client2 +failed/);
  expect(shown).not.toMatch(/training|\d \+/);
});

const hostile = '\x1b]0;owned\x07\x1b[2J\u202eevil\r\b漢字\u200b👩‍👩‍👧';
const word = fc.oneof(fc.constantFrom(hostile, 'client1', '漢字', ''), fc.string({ unit: 'binary', maxLength: 40 }));
const time = fc.constantFrom('2026-11-29T18:16:56Z', '2026-11-29T18:16:57Z', 'no time');
const seen: fc.Arbitrary<Event> = fc.record({
  type: fc.constant('process-seen' as const),
  time,
  member: fc.constantFrom('server', 'client1', 'client2', 'client3'),
  state: fc.constantFrom('running' as const, 'failed' as const, 'starting' as const, 'stopped' as const),
  since: time,
  restarts: fc.nat(),
  cpu: fc.double(),
  memory: fc.double(),
  detail: word,
});
const named = ['up', 'down', 'left', 'right', 'home', 'end', 'enter', 'escape', 'backspace', 'page-up', 'page-down'];
const typed = fc.constantFrom(...named, ...'qrsyvnjklmof/w?x'.split(''), hostile);

it('is whole and inert in any terminal, whatever is typed and whatever hosts say', () => {
  fc.assert(
    fc.property(
      fc.array(seen, { maxLength: 8 }),
      fc.array(fc.record({ member: word, time, text: word }), { maxLength: 20 }),
      fc.array(typed, { maxLength: 12 }),
      fc.integer({ min: 1, max: 140 }),
      fc.integer({ min: 1, max: 50 }),
      (told, log, words, columns, rows) => {
        const certificates = { ...base.certificates, client3: { ...certificate(hostile, hostile), serial: hostile } };
        const facts = { ...base, certificates, log, view: viewOf([...middle, ...told]) };
        const state = words.reduce((now, each) => {
          const key = named.includes(each) ? { name: each as 'up' } : { name: 'text' as const, text: inert(each) };
          return tableKey(now, key, tableContext({ ...facts, state: now })).state;
        }, firstTable);
        const lines = monitorLines({ ...facts, state, columns, rows });
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) {
          const shown = line.map(({ text }) => text).join('');
          expect(stringWidth(shown)).toBeLessThanOrEqual(columns);
          expect(shown).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e\u200b]/);
        }
      },
    ),
    { numRuns: 200 },
  );
});
