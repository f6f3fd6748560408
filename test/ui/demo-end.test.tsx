import { cleanup, render } from 'ink-testing-library';
import stringWidth from 'string-width';
import { afterEach, expect, it } from 'vitest';
import { cases } from '../../source/plan/proof.ts';
import { DemoEnd, renderDemoEnd } from '../../source/ui/demo-end.tsx';
import { demoFacts } from './demo-facts.ts';
import { runEvents, timed, viewOf } from './events.ts';

afterEach(cleanup);

it('tells each try with what came of it, from the checks alone', () => {
  const shown = renderDemoEnd(demoFacts());
  for (const { title, expected } of cases)
    expect(shown).toMatch(new RegExp(`✓ ${title}(?: *)? ${expected === 'accepted' ? 'let in' : 'refused'}`));
  expect(shown).toContain('there, 4 of 5 got in');
  expect(shown).not.toContain('\x1b');
});

it('hides no try that came out wrong', () => {
  const shown = renderDemoEnd(
    demoFacts((check) => (check.name === 'revoked' ? { ...check, ok: false, detail: 'let in' } : check)),
  );
  expect(shown).toMatch(/✗ revoked +WRONG: let in/);
  expect(shown).not.toMatch(/✓ revoked/);
});

it('says nothing of mutual TLS where nothing was proved', () => {
  const none = { ...demoFacts(), view: viewOf(timed(runEvents({ clients: 2, rounds: 3, done: 3 }))) };
  expect(renderDemoEnd(none)).not.toContain('Mutual TLS');
});

it('tells a folder that goes from one that stays', () => {
  expect(renderDemoEnd(demoFacts())).toContain('./fl-demo (kept)');
  expect(renderDemoEnd({ ...demoFacts(), kept: false })).toContain('--keep keeps it');
});

it.each([
  [120, 40],
  [80, 24],
  [40, 60],
] as const)('fits into %dx%d', (columns, rows) => {
  const lines = (
    render(
      <DemoEnd {...demoFacts()} columns={Math.min(columns, 100)} rows={rows} colors={false} unicode />,
    ).lastFrame() ?? ''
  ).split('\n');
  expect(lines.length).toBeLessThanOrEqual(rows);
  for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
  expect(lines.slice(-2).join('')).toContain('Everything that the demo started has been stopped'.slice(0, columns - 8));
});

it('can be drawn with ASCII alone', () => {
  expect(renderDemoEnd(demoFacts(), { unicode: false })).toMatch(/^[ -~\n]*$/);
});
