/** What a step found can be read to the last word in any terminal, and a plan's lines for a shell copied from it. */
import { describe, expect, it } from 'vitest';
import type { Action } from '../../source/plan/action.ts';
import { endLines } from '../../source/ui/end-pane.ts';
import { planLines } from '../../source/ui/plan-lines.ts';
import { sessionLines } from '../../source/ui/session-lines.ts';
import { offsetAfter } from '../../source/ui/session-scroll.ts';
import { startState } from '../../source/ui/session-state.ts';
import { start, timed, viewOf } from './events.ts';

const words = (text: string) => text.replace(/\s+/g, ' ');
const detail = 'Python 3.12.3, 7.1 GB free, 15.2 GB of memory, clock 0.1 s behind, and a proxy that is set';

describe.each([
  [120, 40],
  [80, 24],
  [40, 12],
] as const)('at %dx%d', (columns, rows) => {
  it('what preflight found is whole, scrolled', () => {
    const steps = [{ id: 'preflight', title: 'Hosts' }];
    const check = (host: string) =>
      ({
        type: 'check-finished',
        step: 'preflight',
        check: { name: 'the host', host, kind: 'state', ok: true, detail },
      }) as const;
    const view = viewOf(
      timed([
        { type: 'session-started', version: 1, steps },
        { type: 'step-started', step: 'preflight' },
        ...['server', 'hosp-a', 'hosp-b'].map(check),
        { type: 'step-finished', step: 'preflight', outcome: 'unchanged' },
        { type: 'session-finished', outcome: 'unchanged', exitCode: 0 },
      ]),
    );
    const facts = { title: 'xray', command: 'preflight', leave: 'q leave', interactive: true, now: start };
    const footer = ['Next      fl-wizard certs makes the certificates, and signs them with a CA of your own'];
    let state = { ...startState(facts), view, finished: { footer } };
    const seen: string[] = [];
    for (;;) {
      const lines = sessionLines(state, { columns, rows, unicode: true }).map((line) =>
        line.map(({ text }) => text).join(''),
      );
      const note = lines.findIndex((line) => /lines: .*(above|below)/.test(line));
      seen.push(...(state.offset === 0 ? lines.slice(0, note < 0 ? undefined : note) : lines.slice(note - 1, note)));
      const offset = offsetAfter(state, 1, { columns, rows });
      if (offset === state.offset) break;
      state = { ...state, offset };
    }
    expect(words(seen.join(' ')).split(words(detail))).toHaveLength(4);
    expect(words(seen.join(' '))).toContain(words(footer[0] ?? ''));
  });
});

it('a line for a shell that stands for several hosts says for which, and begins in the first column', () => {
  const action = (host: string): Action => ({ kind: 'await-server', host, seconds: 1, text: 'make the environment' });
  const lanes = Object.fromEntries(['hosp-a', 'hosp-b', 'hosp-c'].map((host) => [host, [action(host)]]));
  const lines = planLines([{ title: '', lanes }], 60, (each) => [`ssh ${'host' in each ? each.host : ''} -- make`]);
  expect(lines.map((line) => line.map(({ text }) => text).join(''))).toEqual([
    expect.stringContaining('make the environment'),
    'ssh hosp-a -- make',
    '# the same for hosp-b, hosp-c',
  ]);
});

it('an end tells each warning itself, once for all hosts that have it', () => {
  const steps = ['stop', 'purge'].map((id) => ({ id, title: id }));
  const about = { name: 'memory', kind: 'state', ok: true, detail: '0.2 GB to be had', hint: 'add some' } as const;
  const view = viewOf(
    timed([
      { type: 'session-started', version: 1, steps },
      { type: 'step-started', step: 'stop' },
      ...['hosp-a', 'hosp-b'].map(
        (host) => ({ type: 'check-finished', step: 'stop', check: { ...about, host } }) as const,
      ),
      { type: 'step-finished', step: 'stop', outcome: 'unchanged' },
      { type: 'session-finished', outcome: 'unchanged', exitCode: 0 },
    ]),
  );
  const state = startState({ title: 'x', command: 'down', leave: 'q', interactive: true, now: start });
  const told = endLines({ ...state, view, finished: { footer: [] } }, 80)
    .map((line) =>
      line
        .map(({ text }) => text)
        .join('')
        .trim(),
    )
    .filter((line) => /memory|Try/.test(line));
  expect(told).toEqual(['! hosp-a, hosp-b: memory, 0.2 GB to be had', 'Try  add some']);
});
