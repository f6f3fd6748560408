/** How all steps stand in the line above a session, by what was seen of them and by what was done since. */
import { describe, expect, it } from 'vitest';
import type { Happening, Outcome } from '../../source/plan/event.ts';
import { endLines } from '../../source/ui/end-pane.ts';
import { type Known, type Stands, standsNow, unseen } from '../../source/ui/found.ts';
import { railLine, stepSummary } from '../../source/ui/rail.ts';
import { startState } from '../../source/ui/session-state.ts';
import { toAscii } from '../../source/ui/theme.ts';
import { widthOf } from '../../source/ui/width.ts';
import { timed, viewOf } from './events.ts';

const ids = ['config', 'preflight', 'certs', 'deploy', 'permissions', 'launch', 'verify', 'monitor'];

/** What the page of the steps has found, in their order: `d`one, `o`ut of date, `m`issing, `f`ailed, `u`nseen. */
function found(letters: string): readonly Known[] {
  const states: Readonly<Record<string, Stands>> = {
    d: 'done',
    o: 'outdated',
    m: 'missing',
    f: 'failed',
    u: 'unseen',
  };
  return ids.map((id, at) => ({ id, stands: states[letters[at] ?? ''] ?? 'unseen' }));
}

const begun = (some: readonly string[]): Happening => ({
  type: 'session-started',
  version: 1,
  steps: some.map((id) => ({ id, title: id })),
});

const planned = (step: string, state?: 'outdated' | 'missing'): readonly Happening[] => [
  { type: 'step-started', step },
  {
    type: 'plan-ready',
    step,
    standing: { state: state ?? 'done' },
    actions: state ? [{ text: 'issue hosp-a.crt' }, { text: 'issue hosp-b.crt' }] : [],
  },
];
const half = (step: string): readonly Happening[] => [
  { type: 'action-started', step, action: 0 },
  { type: 'action-finished', step, action: 0, outcome: 'changed' },
];
const ended = (step: string, outcome: Outcome): Happening => ({
  type: 'step-finished',
  step,
  outcome,
  ...(outcome === 'failed' ? { failures: [{ exitCode: 4, doing: 'Doing', why: 'it broke' }] } : {}),
});

const text = (line: ReturnType<typeof railLine>) => line.map((each) => each.text).join('');
const rail = (known: readonly Known[], ...happened: readonly Happening[]) =>
  text(railLine(viewOf(timed(happened)), 120, 0, known)).trim();

describe('the rail of a session', () => {
  it('that was begun on the page of the steps shows all eight as they were seen, one of them under way', () => {
    expect(rail(found('ddomddmu'), begun(['certs']))).toBe(
      'config ✓ preflight ✓ certs ! deploy ○ permissions ~ launch ~ verify ○ monitor ·',
    );
    expect(rail(found('ddomdfmu'), begun(['certs']), { type: 'step-started', step: 'certs' })).toBe(
      'config ✓ preflight ✓ certs ◐ deploy ○ permissions ~ launch ✗ verify ○ monitor ·',
    );
  });

  it('that nobody has looked before shows what was not looked at as that, and not as not done', () => {
    expect(rail([], begun(ids), ...planned('config'), ended('config', 'unchanged'))).toBe(
      'config ✓ preflight · certs · deploy · permissions · launch · verify · monitor ·',
    );
    const missing = rail(found('dmmmmmmm'), begun(ids), ...planned('config'), ended('config', 'unchanged'));
    expect(missing).toBe('config ✓ preflight ○ certs ○ deploy ○ permissions ○ launch ○ verify ○ monitor ○');
    // Each is a sign of its own with ASCII, too: done, before, out of date, not yet, failed, unseen, asked, declined.
    const signs = [...'✓~!○✗·?='].map((each) => toAscii(each, widthOf));
    expect(new Set(signs).size).toBe(signs.length);
  });

  it.each<[string, readonly Happening[], string]>([
    ['is asked about', planned('certs', 'outdated'), 'certs ? deploy ~ permissions ~ launch ~ verify ~ monitor ~'],
    [
      'is being done',
      [...planned('certs', 'outdated'), ...half('certs')],
      'certs ◐ deploy ~ permissions ~ launch ~ verify ~ monitor ~',
    ],
    [
      'was done',
      [...planned('certs', 'outdated'), ...half('certs'), ended('certs', 'changed')],
      'certs ✓ deploy ~ permissions ~ launch ~ verify ~ monitor ~',
    ],
    [
      'was declined',
      [...planned('certs', 'outdated'), ended('certs', 'declined')],
      'certs = deploy ~ permissions ~ launch ~ verify ~ monitor ~',
    ],
    [
      'failed half way',
      [...planned('certs', 'outdated'), ...half('certs'), ended('certs', 'failed')],
      'certs ✗ deploy ~ permissions ~ launch ~ verify ~ monitor ~',
    ],
    [
      'had nothing to do',
      [...planned('certs'), ended('certs', 'unchanged')],
      'certs ✓ deploy ✓ permissions ✓ launch ✓ verify ✓ monitor ✓',
    ],
  ])('leaves no step that builds on it plainly done, where one %s', (_, happened, words) => {
    expect(rail(found('dddddddd'), begun(['certs']), ...happened)).toBe(`config ✓ preflight ✓ ${words}`);
  });

  it('has a step that was looked at behind a change as that look has it', () => {
    const happened = [...planned('certs', 'outdated'), ...half('certs'), ended('certs', 'changed')];
    expect(
      rail(found('ddoddddd'), begun(ids), ...happened, ...planned('deploy'), ended('deploy', 'unchanged')),
    ).toContain('certs ✓ deploy ✓ permissions ~ launch ~');
  });

  it('has a run that ended with the settings of before as out of date, and a proof that was just made as done', () => {
    const old = (step: string): readonly Happening[] => [
      { type: 'step-started', step },
      { type: 'plan-ready', step, standing: { state: 'outdated', why: 'of before' }, actions: [] },
    ];
    const tried = { name: 'no certificate', kind: 'refused', ok: true, detail: 'refused' } as const;
    expect(rail(found('dddddodo'), begun(ids), ...old('launch'), ended('launch', 'unchanged'))).toContain(
      'permissions ✓ launch ! verify ~ monitor !',
    );
    expect(
      rail(
        found('dddddddd'),
        begun(['verify']),
        ...old('verify'),
        { type: 'check-finished', step: 'verify', check: tried },
        ended('verify', 'unchanged'),
      ),
    ).toContain('launch ✓ verify ✓ monitor ✓');
  });

  it('names the step by its place among all of them, where there is no room for words', () => {
    const view = viewOf(timed([begun(['certs']), ...planned('certs', 'missing')]));
    const line = text(railLine(view, 40, 0, found('ddmmmmmm')));
    expect(line).toMatch(/^ ✓✓\?○○○○○ +3\/8 certs $/);
    expect(widthOf(line)).toBe(40);
  });
});

it('what is known when a session ends is what the next one begins with', () => {
  const first = viewOf(
    timed([begun(ids), ...planned('certs', 'missing'), ...half('certs'), ended('certs', 'changed')]),
  );
  const after = standsNow(first, found('ddmddmmu'));
  expect(after.map(({ stands }) => stands)).toEqual([
    'done',
    'done',
    'done',
    'before',
    'before',
    'missing',
    'missing',
    'unseen',
  ]);
  const next = viewOf(timed([begun(['deploy']), ...planned('deploy'), ended('deploy', 'unchanged')]));
  expect(standsNow(next, after).map(({ stands }) => stands)).toEqual([
    'done',
    'done',
    'done',
    'done',
    'before',
    'missing',
    'missing',
    'unseen',
  ]);
  expect(standsNow(next, unseen([]))).toEqual([]);
});

it('a run that ended before its whole proof has none, whatever of launch’s was told once more; a proof is one', () => {
  const known = found('ddddddmd');
  const told = [begun(['verify']), ...planned('verify', 'missing')].map((each) =>
    each.type === 'plan-ready' ? { ...each, actions: [] } : each,
  );
  const proof = { type: 'proof-finished', step: 'verify', proof: {} } as unknown as Happening;
  const end = ended('verify', 'unchanged');
  expect(rail(known, ...told, end)).toContain('verify ○');
  expect(rail(known, ...told, proof, end)).toContain('verify ✓');
});

it('the end of a session that passed a run of before does not call that all right', () => {
  const standing = { state: 'outdated', why: 'run 1 ended after 3 of 3 rounds', over: true } as const;
  const view = viewOf(
    timed([
      begun(['launch', 'verify']),
      { type: 'step-started', step: 'launch' },
      { type: 'plan-ready', step: 'launch', actions: [], standing },
      ended('launch', 'unchanged'),
      ended('verify', 'unchanged'),
      { type: 'session-finished', outcome: 'unchanged', exitCode: 0 },
    ]),
  );
  const [launch] = view.steps;
  expect(launch && stepSummary(launch, 80).map(text).join(' ')).toMatch(
    /! launch +out of date +run 1 ended after 3 of 3 rounds/,
  );
  const state = startState({ title: 'x', command: 'up', leave: 'q', interactive: true, now: new Date() });
  const [head = []] = endLines({ ...state, view, finished: { footer: [] } }, 80);
  expect(text(head)).toBe(' ! Nothing was done, and not all is as it is wanted now');
});
