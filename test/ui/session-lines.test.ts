import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import type { Stage } from '../../source/plan/action.ts';
import type { Happening } from '../../source/plan/event.ts';
import { sessionLines } from '../../source/ui/session-lines.ts';
import { type SessionState, startState } from '../../source/ui/session-state.ts';
import { runEvents, sessionStart, start, stepTitles, timed, viewOf } from './events.ts';

const step = fc.constantFrom(...stepTitles.map(({ id }) => id), 'unknown');
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.constantFrom('a plain text', '漢字'.repeat(60)),
);
const host = fc.constantFrom('server', 'client1', '漢字のホスト', '\x1b[2Jevil');
const failure = fc.record({ exitCode: fc.constant(4 as const), host, doing: text, why: text, hint: text });
const outcome = fc.constantFrom('changed' as const, 'unchanged' as const, 'declined' as const, 'failed' as const);
const check = fc.record({
  name: text,
  host,
  kind: fc.constantFrom('state' as const, 'refused' as const),
  ok: fc.boolean(),
  detail: text,
  hint: text,
});
const of = <T extends Happening['type']>(type: T) => fc.constant(type);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ type: of('step-started'), step }),
  fc.record({ type: of('plan-ready'), step, actions: fc.array(fc.record({ text, host }), { maxLength: 40 }) }),
  fc.record({ type: of('action-started'), step, action: fc.nat(40) }),
  fc.record({ type: of('action-output'), step, action: fc.nat(40), line: text }),
  fc.record({ type: of('action-finished'), step, action: fc.nat(40), outcome }),
  fc.record({ type: of('check-finished'), step, check }),
  fc.record({ type: of('host-failed'), step, host, failure }),
  fc.record({ type: of('step-finished'), step, outcome, failures: fc.array(failure, { maxLength: 4 }) }),
  fc.constantFrom(...runEvents({ clients: 3, rounds: 5, done: 2 })),
) as fc.Arbitrary<Happening>;

const action = text.map((each) => ({ kind: 'stop', host: 'server', config: '', text: each }) as const);
const stages: fc.Arbitrary<readonly Stage[]> = fc.array(
  fc.record({ title: text, lanes: fc.dictionary(host, fc.array(action, { maxLength: 6 }), { maxKeys: 4 }) }),
  { maxLength: 3 },
);
const prompt: fc.Arbitrary<SessionState['prompt']> = fc.oneof(
  fc.constant(undefined),
  fc.record(
    {
      kind: fc.constant('approve' as const),
      step,
      title: text,
      stages,
      commands: text.map((line) => () => [line]),
    },
    { requiredKeys: ['kind', 'step', 'title', 'stages'] },
  ),
  fc.record({
    kind: fc.constant('question' as const),
    question: fc.record({
      kind: fc.constant('host-key' as const),
      host,
      address: text,
      keyType: text,
      fingerprint: text,
    }),
    typed: fc.nat(99),
  }),
  fc.record({
    kind: fc.constant('question' as const),
    question: fc.record({
      kind: fc.constant('names' as const),
      held: fc.array(text, { maxLength: 9 }),
      found: fc.array(text, { maxLength: 9 }),
    }),
    typed: fc.nat(99),
  }),
  fc.record({
    kind: fc.constant('question' as const),
    question: fc.record({
      kind: fc.constant('login' as const),
      host,
      address: text,
      user: text,
      because: text,
      says: fc.array(text, { maxLength: 24 }),
      echo: fc.boolean(),
    }),
    typed: fc.nat(99),
    text,
  }),
);

it('every screen fits into any terminal, whatever happens', () => {
  const base = startState({ title: 'xray', command: 'up', leave: 'q leave', interactive: true, now: start });
  const size = { columns: fc.integer({ min: 1, max: 160 }), rows: fc.integer({ min: 1, max: 50 }) };
  fc.assert(
    fc.property(
      fc.array(happening, { maxLength: 40 }),
      fc.record({ ...size, offset: fc.nat(99), tick: fc.nat(9), commands: fc.boolean(), ended: fc.boolean() }),
      prompt,
      (happenings, { columns, rows, ended, ...more }, open) => {
        const view = viewOf(timed([sessionStart, ...happenings]));
        const state = {
          ...base,
          ...more,
          view,
          ...(open ? { prompt: open } : {}),
          ...(ended ? { finished: { footer: ['x'] } } : {}),
        };
        const lines = sessionLines(state, { columns, rows, unicode: true });
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) {
          const shown = line.map((span) => span.text).join('');
          expect(stringWidth(shown)).toBeLessThanOrEqual(columns);
          expect(shown).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        }
      },
    ),
    { numRuns: 100 },
  );
});
