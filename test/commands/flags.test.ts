/** What was asked for stands in the last line as it would be typed again; what to do next stands at the end. */
import { describe, expect, it } from 'vitest';
import { flagsOf } from '../../source/commands/flags.ts';
import { footer } from '../../source/commands/footer.ts';
import type { Event, Happening } from '../../source/plan/event.ts';
import { emptyView, fold } from '../../source/plan/reduce.ts';
import { steps } from '../../source/steps/index.ts';
import { stepInputs } from '../../source/steps/inputs.ts';
import { sessionLines } from '../../source/ui/session-lines.ts';
import { startState } from '../../source/ui/session-state.ts';
import { check, network } from '../plan/fakes.ts';

const inputs = (id: string) => stepInputs.find((step) => step.id === id)?.inputs ?? [];
const viewOf = (...events: readonly Happening[]) =>
  fold(
    emptyView,
    events.map((event) => ({ ...event, time: '2026-11-20T09:41:00Z' }) as Event),
  );

describe('the flags of a step', () => {
  it.each([
    ['launch', { new: true, rounds: 5 }, ' --new --rounds 5'],
    ['launch', { resume: '2' }, ' --resume 2'],
    ['launch', { new: false }, ''],
    ['certs', { importCa: ['my ca.crt', 'ca.key'], new: true }, " --import-ca 'my ca.crt' ca.key"],
    ['verify', { new: true }, ''],
  ])('%s %o: %s', (id, options, words) => {
    expect(flagsOf(options, inputs(id))).toBe(words);
  });

  it('stand behind its command in the last line', () => {
    const base = { title: 'x', leave: 'q', interactive: true, now: new Date() };
    const last = (command: string, ids: readonly string[]) => {
      const view = viewOf(
        { type: 'session-started', version: 1, steps: ids.map((id) => ({ id, title: id })) },
        { type: 'step-started', step: ids[0] ?? '' },
      );
      const state = { ...startState({ ...base, command, flags: { launch: ' --new' } }), view };
      const lines = sessionLines(state, { columns: 80, rows: 24, unicode: true });
      return lines
        .at(-1)
        ?.map(({ text }) => text)
        .join('');
    };
    expect(last('fl-wizard', ['launch', 'verify'])).toMatch(/\$ fl-wizard launch --new $/);
    expect(last('fl-wizard', ['verify', 'launch'])).toMatch(/\$ fl-wizard verify $/);
    expect(last('fl-wizard launch --new', ['launch'])).toMatch(/\$ fl-wizard launch --new $/);
  });
});

describe('the end of a launch alone', () => {
  const launch = steps.filter(({ id }) => id === 'launch');
  const about = { directory: '/project', network, steps: launch };
  const launched = (...checks: readonly Happening[]) =>
    viewOf({ type: 'session-started', version: 1, steps: [{ id: 'launch', title: 'Launch' }] }, ...checks);
  const serves: Happening = { type: 'check-finished', step: 'launch', check: check('server', { detail: 'serves' }) };

  it('tells on the screen too what to do next', () => {
    const view = launched(serves, { type: 'session-finished', outcome: 'changed', exitCode: 0 });
    const base = startState({ title: 'x', command: 'launch', leave: 'q', interactive: true, now: new Date() });
    const state = { ...base, view, finished: { footer: ['Next      fl-wizard monitor'] } };
    const shown = sessionLines(state, { columns: 80, rows: 24, unicode: true }).map((line) =>
      line.map(({ text }) => text).join(''),
    );
    expect(shown).toContain(' Next      fl-wizard monitor');
  });

  it('names the command that watches the run', async () => {
    expect(await footer(about, launched(serves))).toEqual([
      expect.stringMatching(/^Next +fl-wizard monitor watches it/),
    ]);
  });

  it('does not where the monitor follows, where nothing was proved to run, and where the run is over', async () => {
    const view = launched(serves);
    expect(await footer({ ...about, steps }, view)).toEqual([]);
    expect(await footer(about, launched())).toEqual([]);
    const over: Happening = { type: 'check-finished', step: 'launch', check: check('run 1') };
    expect(await footer(about, launched(over))).toEqual([]);
  });
});
