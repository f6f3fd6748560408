/** What stays on the terminal of whoever leaves the steps: what was done, and what comes next. */
import { describe, expect, it } from 'vitest';
import { goesOnWords, looked, partingWords, type Visit, visited, visitOf } from '../../source/commands/visit.ts';
import type { Happening, Outcome } from '../../source/plan/event.ts';
import { hostsGone } from '../../source/steps/link.ts';
import type { Known, Stands } from '../../source/ui/found.ts';
import { timed, viewOf } from '../ui/events.ts';

const ids = ['config', 'certs', 'deploy', 'launch', 'verify', 'monitor'];
const known = (...stands: readonly Stands[]): readonly Known[] =>
  ids.map((id, at) => ({ id, stands: stands[at] ?? 'done' }));

/** A session of one step, that was begun on the page of the steps. */
function session(step: string, outcome: Outcome, ...more: readonly Happening[]): Parameters<typeof visited>[1] {
  const failures = outcome === 'failed' ? [{ exitCode: 4 as const, doing: 'Doing', why: 'it broke' }] : undefined;
  return viewOf(
    timed([
      { type: 'session-started', version: 1, steps: [{ id: step, title: step }] },
      { type: 'step-started', step },
      ...more,
      { type: 'step-finished', step, outcome, ...(failures ? { failures } : {}) },
    ]),
  );
}

const words = (visit: Visit) => partingWords(visit).join('\n');

describe('who leaves the page of the steps', () => {
  it('and has done nothing is told what comes next, and nothing else', () => {
    expect(words(visitOf(known('done', 'outdated', 'before')))).toBe(
      'Next: certs is out of date. fl-wizard goes on with all that is left, fl-wizard certs with that alone.',
    );
    expect(words(visitOf(known('done', 'done', 'missing')))).toContain('Next: deploy is not done yet.');
    expect(words(visitOf(known('failed')))).toContain('Next: config is in trouble.');
    expect(words(visitOf(known()))).toBe('All 6 steps are done.');
  });

  it('behind a run that has ended with other settings is told what begins the next, in a session and by a look', () => {
    const ended = known('done', 'done', 'done', 'outdated', 'before', 'before').map((each) =>
      each.id === 'launch' ? { ...each, over: true as const } : each,
    );
    const next =
      'Next: launch is out of date, and its run has ended. fl-wizard launch --new begins the next, as n does among the steps.';
    expect(words(visitOf(ended))).toBe(next);
    const standing = { state: 'outdated', why: 'run 1 ended after 3 of 3 rounds', over: true } as const;
    const plan: Happening = { type: 'plan-ready', step: 'launch', actions: [], standing };
    const passed = visited(visitOf(known()), session('launch', 'unchanged', plan));
    expect(words(passed)).toBe(next);
    expect(passed.known.find(({ id }) => id === 'monitor')?.stands).toBe('before');
    // The next run has today's settings, whatever the one before it had.
    expect(words(visited(passed, session('launch', 'changed', plan)))).not.toMatch(/out of date|has ended/);
    // A server that is gone in the middle of its run is gone on with.
    const gone: Happening = { ...plan, standing: { state: 'outdated' } };
    expect(words(visited(visitOf(known()), session('launch', 'declined', gone)))).toContain(
      'fl-wizard launch with that',
    );
  });

  it('before all were looked at is told nothing of those that were not', () => {
    expect(words(visitOf(known('done', 'unseen')))).toBe('fl-wizard goes on from here.');
    expect(words(visitOf([]))).toBe('fl-wizard goes on from here.');
    const visit = looked(visitOf(known('done', 'outdated')), known('done', 'unseen', 'unseen'));
    expect(words(visit)).toContain('Next: certs is out of date.');
    expect(looked(visit, [])).toEqual(visit);
  });

  it('is told what was done, each once, and not what was declined or failed', () => {
    let visit = visited(visitOf(known('done', 'outdated', 'outdated')), session('certs', 'changed'));
    visit = visited(visit, session('deploy', 'declined'));
    visit = visited(visit, session('certs', 'changed'));
    expect(words(visit)).toBe(
      'Done: certs.\nNext: deploy is not done yet. fl-wizard goes on with all that is left, fl-wizard deploy with that alone.',
    );
    visit = visited(visit, session('deploy', 'failed'));
    expect(words(visit)).toMatch(/^Done: certs\.\nNext: deploy is in trouble\./);
  });

  it('is told of a proof, which changes nothing, once it was made', () => {
    const proof = { type: 'proof-finished', step: 'verify', proof: {} } as unknown as Happening;
    const missing = visitOf(known('done', 'done', 'done', 'done', 'missing'));
    expect(words(visited(missing, session('verify', 'unchanged', proof)))).toBe('Done: verify.\nAll 6 steps are done.');
    const earlier = { ...proof, earlier: true } as Happening;
    expect(words(visited(missing, session('verify', 'unchanged', earlier)))).not.toContain('Done: verify');
  });

  it('is told that what runs goes on, until it has ended', () => {
    const begun: Happening = { type: 'run-started', rounds: 3, clients: [], run: '1' } as unknown as Happening;
    const launched = visited(visitOf(known()), session('launch', 'changed'));
    expect(partingWords(launched).at(-1)).toBe(goesOnWords);
    const watched = visited(launched, session('monitor', 'unchanged', begun));
    expect(partingWords(watched).at(-1)).toBe(goesOnWords);
    // What was looked at since says nothing of a run.
    expect(partingWords(visited(watched, session('certs', 'unchanged'))).at(-1)).toBe(goesOnWords);
    const ended: Happening = { type: 'run-finished', outcome: 'changed' };
    expect(words(visited(watched, session('monitor', 'unchanged', begun, ended)))).not.toContain(goesOnWords);
    const gone: Happening = { type: 'link-changed', state: 'lost', why: hostsGone };
    expect(words(visited(watched, session('monitor', 'unchanged', begun, gone)))).not.toContain(goesOnWords);
  });
});
