/** Page up and page down, wherever something goes on out of sight: no line is skipped. */
import { describe, expect, it } from 'vitest';
import { confirmKey, confirmLines } from '../../source/ui/confirm.ts';
import type { Key } from '../../source/ui/keys.ts';
import type { Line } from '../../source/ui/line.ts';
import { logPane } from '../../source/ui/log-pane.ts';
import { monitorLines, tableContext } from '../../source/ui/monitor-lines.ts';
import { pageOf } from '../../source/ui/scrolled.ts';
import { verbOf } from '../../source/ui/session-keys.ts';
import { offsetAfter, pageShown } from '../../source/ui/session-scroll.ts';
import { type SessionState, startState } from '../../source/ui/session-state.ts';
import { firstTable, tableKey } from '../../source/ui/table-state.ts';
import { start, timed, viewOf } from './events.ts';

const down: Key = { name: 'page-down' };
const up: Key = { name: 'page-up' };
const numbersIn = (lines: readonly Line[], word: RegExp) =>
  lines.flatMap((line) => word.exec(line.map(({ text }) => text).join(''))?.[1] ?? []).map(Number);

describe.each([
  [40, 12],
  [80, 24],
] as const)('at %dx%d', (columns, rows) => {
  const size = { columns, rows };

  it('the last line that was read is the first one of the next page, and the way back leads to the same', () => {
    const lines = Array.from({ length: 60 }, (_, at) => `line ${at}`);
    const first = { title: 'Read this', no: 'back', lines, offset: 0 };
    const next = confirmKey(first, down, size);
    if (typeof next === 'boolean') throw new Error('that was an answer');
    const [before, after] = [first, next].map((state) => numbersIn(confirmLines(state, size), /line (\d+)/));
    expect(after?.[0]).toBe(before?.at(-1));
    expect(confirmKey(next, up, size)).toMatchObject({ offset: 0 });
  });

  it('a question that is longer than the page skips nothing', () => {
    const found = Array.from({ length: 90 }, (_, at) => `10.0.0.${at}`);
    const question = { kind: 'names', held: ['fl.example.org'], found } as const;
    const state: SessionState = {
      ...startState({ title: 'x', command: 'up', leave: '', interactive: true, now: start }),
      prompt: { kind: 'question', question, typed: 0 },
    };
    const page = pageShown(state, down, size);
    expect(page).toBeGreaterThan(1);
    expect(page).toBeLessThan(rows - 2);
    expect(verbOf(state, down, page)).toEqual({ verb: 'scroll', by: page });
    expect(offsetAfter(state, page ?? 0, size)).toBeLessThanOrEqual(page ?? 0);
  });

  it('the cursor stays among clients that were seen, and the log goes on where it was read to', () => {
    const names = Array.from({ length: 200 }, (_, at) => `site${at}`);
    const view = viewOf(timed(names.map((member) => ({ type: 'process-seen', member, state: 'running' }) as const)));
    const facts = { view, hosts: {}, now: start, network: 'x', unicode: true, log: [], state: firstTable, ...size };
    const clients = Array.from(names);
    const page = pageOf(down, () => monitorLines(facts)) ?? 0;
    const seen = numbersIn(monitorLines(facts), /site(\d+)/).length;
    expect(page).toBe(Math.max(1, seen - 1));
    const { state } = tableKey(firstTable, down, { ...tableContext(facts), clients, page });
    expect(state.selected).toBe(clients[page]);
    const log = clients.map((text) => ({ time: start.toISOString(), member: 'a', text }));
    const pane = logPane({ run: view.run, log, state: { ...firstTable, pane: 'log' }, columns, rows });
    expect(pageOf(up, () => pane)).toBe(pane.length - 2);
  });
});
