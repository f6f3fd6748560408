import { cleanup, render } from 'ink-testing-library';
import stringWidth from 'string-width';
import { afterEach, expect, it } from 'vitest';
import type { Check } from '../../source/plan/event.ts';
import { cases } from '../../source/plan/proof.ts';
import { DemoEnd, type DemoFacts, renderDemoEnd } from '../../source/ui/demo-end.tsx';
import { runEvents, sessionStart, timed, viewOf } from './events.ts';

afterEach(cleanup);

function facts(change: (check: Check) => Check = (check) => check): DemoFacts {
  const proof = cases.map(({ expected, title }) =>
    change({ name: title, kind: expected, ok: true, detail: expected, host: 'server' }),
  );
  const view = viewOf(
    timed([
      sessionStart,
      ...proof.map((check) => ({ type: 'check-finished', step: 'verify', check }) as const),
      ...runEvents({ clients: 2, rounds: 3, done: 3 }),
    ]),
  );
  return {
    view,
    directory: './fl-demo',
    kept: true,
    seconds: 27.4,
    hosts: 3,
    flowerAlone: { tried: 5, admitted: 4 },
    have: [{ path: 'fl_network/', what: 'CA, server, 2 clients' }],
    next: [{ command: 'fl-wizard demo --app ./my-app', what: 'your own code' }],
  };
}

it('tells each try with what came of it, from the checks alone', () => {
  const shown = renderDemoEnd(facts());
  for (const { title, expected } of cases)
    expect(shown).toMatch(new RegExp(`✓ ${title}(?: *)? ${expected === 'accepted' ? 'let in' : 'refused'}`));
  expect(shown).toContain('there, 4 of 5 got in');
  expect(shown).not.toContain('\x1b');
});

it('hides no try that came out wrong', () => {
  const shown = renderDemoEnd(
    facts((check) => (check.name === 'revoked' ? { ...check, ok: false, detail: 'let in' } : check)),
  );
  expect(shown).toMatch(/✗ revoked +WRONG: let in/);
  expect(shown).not.toMatch(/✓ revoked/);
});

it('says nothing of mutual TLS where nothing was proved', () => {
  const none = { ...facts(), view: viewOf(timed(runEvents({ clients: 2, rounds: 3, done: 3 }))) };
  expect(renderDemoEnd(none)).not.toContain('Mutual TLS');
});

it('tells a folder that goes from one that stays', () => {
  expect(renderDemoEnd(facts())).toContain('./fl-demo (kept)');
  expect(renderDemoEnd({ ...facts(), kept: false })).toContain('--keep keeps it');
});

it.each([
  [120, 40],
  [80, 24],
  [40, 60],
] as const)('fits into %dx%d', (columns, rows) => {
  const lines = (
    render(<DemoEnd {...facts()} columns={Math.min(columns, 100)} rows={rows} colors={false} unicode />).lastFrame() ??
    ''
  ).split('\n');
  expect(lines.length).toBeLessThanOrEqual(rows);
  for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
  expect(lines.slice(-2).join('')).toContain('Everything that the demo started has been stopped'.slice(0, columns - 8));
});

it('can be drawn with ASCII alone', () => {
  expect(renderDemoEnd(facts(), { unicode: false })).toMatch(/^[ -~\n]*$/);
});
