import { describe, expect, it } from 'vitest';
import { headlessOperator } from '../../source/headless/operator.ts';
import type { Action, Stage } from '../../source/plan/action.ts';
import type { Check, Happening } from '../../source/plan/event.ts';
import { type ExitCode, exit, type Failure, UserError } from '../../source/plan/failure.ts';
import type { Answers, Evidence, Step } from '../../source/plan/step.ts';
import {
  action,
  answers,
  check,
  failingAt,
  fakeStep,
  fakeWorld,
  of,
  operator,
  ran,
  remoteTrouble,
  stage,
  trouble,
} from './fakes.ts';

const types = (events: readonly Happening[]) => events.map(({ type }) => type);
const outcomes = (events: readonly Happening[]) => of(events, 'step-finished').map(({ outcome }) => outcome);

/** Resolves for all when so many have come. */
function meeting(count: number): () => Promise<void> {
  const waiting: (() => void)[] = [];
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length === count) for (const go of waiting) go();
    });
}

describe('the events of a session', () => {
  it('begin with its steps, end with its exit code, and tell each step in order', async () => {
    const { events, exitCode } = await ran([
      fakeStep('one', { stages: [stage('S', { here: ['a'] })], evidence: [{ check: check('c') }] }),
      fakeStep('two', { effect: 'looks' }),
    ]);
    expect(events[0]).toEqual({
      type: 'session-started',
      version: 1,
      steps: [
        { id: 'one', title: 'ONE' },
        { id: 'two', title: 'TWO' },
      ],
    });
    expect(types(events)).toEqual([
      'session-started',
      'step-started',
      'plan-ready',
      'action-started',
      'action-finished',
      'check-finished',
      'step-finished',
      'step-started',
      'plan-ready',
      'step-finished',
      'session-finished',
    ]);
    expect(events.at(-1)).toEqual({ type: 'session-finished', outcome: 'changed', exitCode: 0 });
    expect(exitCode).toBe(0);
    expect(outcomes(events)).toEqual(['changed', 'unchanged']);
  });

  it('say how a step stands before anything is done: by its plan, or in its own words', async () => {
    const own = { ...fakeStep('two'), stands: () => ({ state: 'outdated' as const, why: 'another server' }) };
    const { events } = await ran([fakeStep('zero'), fakeStep('one', { stages: [stage('A', { here: ['a'] })] }), own]);
    expect(of(events, 'plan-ready').map(({ standing }) => standing)).toEqual([
      { state: 'done' },
      { state: 'missing' },
      { state: 'outdated', why: 'another server' },
    ]);
  });

  it('number actions over all stages and lanes, as the plan lists them', async () => {
    const stages = [stage('A', { here: ['a0'], server: ['a1', 'a2'] }), stage('B', { client1: ['b3'], here: ['b4'] })];
    const { events } = await ran([fakeStep('one', { stages })]);
    expect(of(events, 'plan-ready')[0]?.actions).toEqual([
      { text: 'a0' },
      { text: 'a1', host: 'server' },
      { text: 'a2', host: 'server' },
      { text: 'b3', host: 'client1' },
      { text: 'b4' },
    ]);
    const finished = of(events, 'action-finished').map(({ action: at, host, outcome }) => [at, host, outcome]);
    expect(finished.sort(([a], [b]) => Number(a) - Number(b))).toEqual([
      [0, undefined, 'changed'],
      [1, 'server', 'changed'],
      [2, 'server', 'changed'],
      [3, 'client1', 'changed'],
      [4, undefined, 'changed'],
    ]);
    // Each action is started before it is finished, once.
    for (const at of [0, 1, 2, 3, 4])
      expect(events.flatMap((event) => ('action' in event && event.action === at ? [event.type] : []))).toEqual([
        'action-started',
        'action-finished',
      ]);
  });

  it('carry what an action reports, under its number', async () => {
    const world = fakeWorld([], {
      perform: async (_action, _network, report) => {
        report.line('working');
        report.event({ type: 'notice', text: 'hello' });
        report.check(check('proof', { kind: 'refused' }));
      },
    });
    const { events } = await ran([fakeStep('one', { stages: [stage('S', { client1: ['a'] })] })], { world });
    expect(of(events, 'action-output')).toEqual([
      { type: 'action-output', step: 'one', action: 0, host: 'client1', line: 'working' },
    ]);
    expect(of(events, 'notice')).toHaveLength(1);
    expect(of(events, 'check-finished')[0]?.check.name).toBe('proof');
  });
});

describe('lanes and stages', () => {
  it('run the lanes of a stage at once', async () => {
    const together = meeting(3);
    const world = fakeWorld([], { perform: together });
    const stages = [stage('S', { server: ['a'], client1: ['b'], client2: ['c'] })];
    const { exitCode } = await ran([fakeStep('one', { stages })], { world });
    expect(exitCode).toBe(0);
  });

  it('run no more lanes at once than wanted', async () => {
    let running = 0;
    let most = 0;
    const world = fakeWorld([], {
      perform: async () => {
        running++;
        most = Math.max(most, running);
        for (let turn = 0; turn < 5; turn++) await Promise.resolve();
        running--;
      },
    });
    const lanes = Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`c${at}`, [`a${at}`]]));
    await ran([fakeStep('one', { stages: [stage('S', lanes)] })], { world, parallel: 2 });
    expect(most).toBe(2);
  });

  it('begin a stage when the last lane of the one before has ended', async () => {
    const log: string[] = [];
    const world = fakeWorld(log, {
      perform: async ({ text }) => {
        log.push(`begin ${text}`);
        for (let turn = 0; turn < Number(text.slice(1)); turn++) await Promise.resolve();
        log.push(`end ${text}`);
      },
    });
    const stages = [stage('A', { server: ['a1'], client1: ['a50'] }), stage('B', { server: ['b0'] })];
    await ran([fakeStep('one', { stages })], { world });
    expect(log.indexOf('begin b0')).toBeGreaterThan(log.indexOf('end a50'));
    expect(log.indexOf('end a1')).toBeLessThan(log.indexOf('end a50'));
  });

  it('leave a failed lane out of its rest and of later stages, and finish the others', async () => {
    const log: string[] = [];
    const world = failingAt(log, { a1: remoteTrouble() });
    const stages = [
      stage('A', { client1: ['a1', 'a2'], client2: ['a3'] }),
      stage('B', { client1: ['b1'], client2: ['b2'] }),
    ];
    const { events, exitCode } = await ran([fakeStep('one', { stages }), fakeStep('two')], { world });
    expect(log.filter((line) => line.startsWith('do '))).toEqual(['do a1', 'do a3', 'do b2']);
    expect(of(events, 'host-failed').map(({ host }) => host)).toEqual(['client1']);
    expect(exitCode).toBe(exit.remote);
    // `up` stops after a step in which any host failed.
    expect(of(events, 'step-started').map(({ step }) => step)).toEqual(['one']);
  });

  it.each(['server', 'here'])('end the step where the lane %s failed', async (lane) => {
    const log: string[] = [];
    const stages = [stage('A', { [lane]: ['a'], client1: ['b'] }), stage('B', { client1: ['c'], client2: ['d'] })];
    const { exitCode, events } = await ran([fakeStep('one', { stages }, log)], {
      world: failingAt(log, { a: remoteTrouble() }),
    });
    expect(log).toEqual(expect.arrayContaining(['do a', 'do b']));
    expect(log.some((line) => /^(do [cd]|prove)/.test(line))).toBe(false);
    expect(exitCode).toBe(exit.remote);
    expect(outcomes(events)).toEqual(['failed']);
  });

  it('and nobody waits for a host whose lane has failed, while all that failed there is told', async () => {
    const asked: Action[] = [];
    const world = fakeWorld([], {
      perform: async (each) => {
        asked.push(each);
        if (each.text === 'start client1') throw remoteTrouble();
        if (each.kind === 'await-clients')
          throw new UserError(trouble(exit.remote, 'client2'), [trouble(exit.connection, 'client3')]);
      },
    });
    const wait = {
      kind: 'await-clients' as const,
      run: '1',
      clients: ['client1', 'client2'],
      seconds: 1,
      text: 'wait',
    };
    const stages = [stage('Clients', { client1: ['start client1'] }), { title: 'Joined', lanes: { here: [wait] } }];
    const { events } = await ran([fakeStep('launch', { stages })], { world });
    expect(asked.at(-1)).toEqual({ ...wait, clients: ['client2'] });
    expect(of(events, 'host-failed').map(({ host }) => host)).toEqual(['client1', 'client2', 'client3']);
    expect(of(events, 'step-finished')[0]?.failures).toHaveLength(3);
  });

  it('count a failed proof within an action as a failure of its lane (6)', async () => {
    const world = fakeWorld([], {
      perform: async (_action, _network, report) => {
        report.check(check('revoked', { kind: 'refused', ok: false, detail: 'let in' }));
        report.check(check('expired', { kind: 'refused' }));
      },
    });
    const stages = [stage('Proof', { here: ['prove'] }), stage('Clients', { client1: ['start'] })];
    const { events, exitCode } = await ran([fakeStep('launch', { stages })], { world });
    expect(exitCode).toBe(exit.proof);
    expect(of(events, 'check-finished')).toHaveLength(2);
    expect(of(events, 'action-started')).toHaveLength(1);
    expect(of(events, 'step-finished')[0]?.failures?.[0]).toMatchObject({ doing: 'prove', why: 'revoked: let in' });
  });
});

describe('hosts that fail', () => {
  const checks: readonly Evidence[] = ['client1', 'client2'].map((host) => ({ check: check('files', { host }) }));

  it('are left out where a look did not reach them, and the others are done and proved', async () => {
    const log: string[] = [];
    const stages = [stage('S', { client1: ['a'], client2: ['b'] })];
    const step = fakeStep('deploy', { stages, failures: () => [trouble(exit.connection, 'client1')] }, log);
    const { events, exitCode } = await ran([step], { world: fakeWorld(log) });
    expect(of(events, 'plan-ready')[0]?.actions).toEqual([{ text: 'b', host: 'client2' }]);
    expect(log).toContain('do b');
    expect(log).not.toContain('do a');
    expect(exitCode).toBe(exit.connection);
    expect(of(events, 'step-finished')[0]?.failures).toEqual([trouble(exit.connection, 'client1')]);
  });

  it('are left out by the steps that follow one that takes each apart, the server too', async () => {
    const log: string[] = [];
    const gone = () => [trouble(exit.connection, 'server')];
    const seen: (readonly string[])[] = [];
    const purge: Step = {
      ...fakeStep('purge', { stages: [stage('S', { client1: ['b'] })] }, log),
      plan: ({ only }) => {
        seen.push(only);
        return [stage('S', { client1: ['b'] })];
      },
    };
    const stop = {
      ...fakeStep('stop', { stages: [stage('S', { client1: ['a'] })], failures: gone }, log),
      apart: true,
    };
    const { exitCode, events } = await ran([stop, purge], { world: fakeWorld(log) });
    expect(log.filter((line) => /^(do|prove)/.test(line))).toEqual([
      'do a',
      'prove stop by look 2',
      'do b',
      'prove purge by look 2',
    ]);
    expect(seen).toEqual([['client1', 'client2']]);
    expect(outcomes(events)).toEqual(['failed', 'changed']);
    expect(exitCode).toBe(exit.connection);
  });

  it('end all where none is left, where it is no matter of a host, and where the rest was not approved', async () => {
    const all = ['server', 'client1', 'client2'].map((host) => trouble(exit.connection, host));
    const ended = async (failures: readonly Failure[], approved = true) => {
      const stop = {
        ...fakeStep('stop', { stages: [stage('S', { client1: ['a'] })], failures: () => failures }),
        apart: true,
      };
      const { events } = await ran([stop, fakeStep('purge')], { operator: operator(approved) });
      return of(events, 'step-started').map(({ step }) => step);
    };
    expect(await ended(all)).toEqual(['stop']);
    expect(await ended([trouble(exit.local)])).toEqual(['stop']);
    expect(await ended([trouble(exit.connection, 'client2')], false)).toEqual(['stop']);
    expect(await ended([trouble(exit.connection, 'client2')])).toEqual(['stop', 'purge']);
  });

  it('do not make the proof of the others use facts from before they were changed', async () => {
    const stages = [stage('S', { client1: ['a'], client2: ['b'] })];
    // Before the look that follows the actions, no host is right.
    const evidence = (looks: number) =>
      checks.map((each) =>
        'check' in each ? { check: { ...each.check, ok: looks > 1, exitCode: exit.remote } } : each,
      );
    const { events, exitCode } = await ran([fakeStep('deploy', { stages, evidence })], {
      world: failingAt([], { a: remoteTrouble() }),
    });
    const failures = of(events, 'step-finished')[0]?.failures ?? [];
    expect(failures.map(({ host }) => host)).toEqual(['client1']);
    expect(exitCode).toBe(exit.remote);
  });

  it('are named once: what failed is not proved as well', async () => {
    const stages = [stage('S', { client1: ['a'], client2: ['b'] })];
    const evidence: readonly Evidence[] = [
      { check: check('modes', { host: 'client1', ok: false }) },
      { check: check('modes', { host: 'client2' }) },
    ];
    const { events, exitCode } = await ran([fakeStep('deploy', { stages, evidence })], {
      world: failingAt([], { a: remoteTrouble() }),
    });
    expect(of(events, 'step-finished')[0]?.failures).toHaveLength(1);
    // The host's trouble (5), not a proof that could not succeed any more (6).
    expect(exitCode).toBe(exit.remote);
  });

  it('fail the step also where they are lost only after everything was done', async () => {
    const stages = [stage('S', { client1: ['a'], client2: ['b'] })];
    const failures = (looks: number) => (looks > 1 ? [trouble(exit.connection, 'client2')] : []);
    const { events, exitCode } = await ran([fakeStep('deploy', { stages, failures })]);
    expect(exitCode).toBe(exit.connection);
    expect(of(events, 'host-failed').map(({ host }) => host)).toEqual(['client2']);
  });
});

describe('a dry run', () => {
  it('prints the plan, does nothing, proves nothing, takes no lock', async () => {
    const log: string[] = [];
    const steps = [fakeStep('one', { stages: [stage('S', { here: ['a'] })] }, log), fakeStep('two', {}, log)];
    const { events, exitCode } = await ran(steps, {
      world: fakeWorld(log),
      operator: operator(true, log),
      dryRun: true,
    });
    expect(log).toEqual(['look one', 'look two']);
    expect(of(events, 'plan-ready').map(({ actions }) => actions.length)).toEqual([1, 0]);
    expect(types(events)).not.toContain('action-started');
    expect(outcomes(events)).toEqual(['changed', 'unchanged']);
    expect(exitCode).toBe(0);
  });

  it('proves what can be proved without anything being done', async () => {
    const step = { ...fakeStep('one', { effect: 'looks', evidence: [{ check: check('c', { ok: false }) }] }) };
    expect((await ran([{ ...step, provesDry: true }], { dryRun: true })).exitCode).toBe(exit.proof);
    expect((await ran([step], { dryRun: true })).exitCode).toBe(0);
  });
});

describe('approval', () => {
  const stages = [stage('S', { here: ['a'] })];

  it('declined is an outcome of its own (8), and ends the session', async () => {
    const log: string[] = [];
    const { events, exitCode } = await ran([fakeStep('one', { stages }, log), fakeStep('two', {}, log)], {
      world: fakeWorld(log),
      operator: operator(false),
    });
    expect(exitCode).toBe(exit.declined);
    expect(outcomes(events)).toEqual(['declined']);
    expect(events.at(-1)).toEqual({ type: 'session-finished', outcome: 'declined', exitCode: 8 });
    expect(log).toEqual(['lock up', 'look one', 'unlock']);
  });

  it('declined beside a host that failed is said as well: nothing was done at the others', async () => {
    const step = fakeStep('deploy', {
      stages: [stage('S', { client1: ['a'] })],
      failures: () => [trouble(exit.connection, 'client2')],
    });
    const { events, exitCode } = await ran([step], { operator: operator(false) });
    expect(exitCode).toBe(exit.connection);
    expect(of(events, 'action-started')).toEqual([]);
    expect(of(events, 'step-finished')[0]?.failures).toMatchObject([
      { host: 'client2' },
      {
        exitCode: exit.declined,
        why: expect.stringContaining('not approved'),
        hint: expect.stringContaining('--allow-reissue'),
      },
    ]);
  });

  it('is not asked for where nothing is to be done', async () => {
    const log: string[] = [];
    await ran([fakeStep('one', {}, log)], { operator: operator(false, log) });
    expect(log).not.toContain('approve one');
  });

  const invalidating = [{ title: 'S', lanes: { client1: [action('again', { invalidates: ['client1'] })] } }];
  it.each([
    ['nothing', false, false, exit.declined],
    ['--yes', true, false, exit.declined],
    ['--allow-reissue alone', false, true, exit.declined],
    ['--yes --allow-reissue', true, true, exit.done],
  ] as const)(
    'of what makes certificates invalid, headless, with %s: %s %s',
    async (_, yes, allowReissue, expected) => {
      const given = { ...answers, options: { allowReissue } };
      const log: string[] = [];
      const { exitCode } = await ran([fakeStep('certs', { stages: invalidating })], {
        world: fakeWorld(log),
        operator: headlessOperator({ answers: given, yes }),
      });
      expect(exitCode).toBe(expected);
      expect(log.includes('do again')).toBe(expected === exit.done);
    },
  );

  it('by --yes is enough where nothing becomes invalid', async () => {
    const { exitCode } = await ran([fakeStep('certs', { stages })], {
      operator: headlessOperator({ answers, yes: true }),
    });
    expect(exitCode).toBe(exit.done);
  });
});

describe('the exit code', () => {
  it.each([
    [[2, 3, 4, 5, 6], 6],
    [[2, 3, 4, 5], 5],
    [[4, 3, 2], 4],
    [[2, 3], 3],
    [[2], 2],
  ] as readonly [ExitCode[], ExitCode][])('of failures %j is %i', async (codes, expected) => {
    const lanes = Object.fromEntries(codes.map((code, at) => [`client${at}`, [`a${code}`]]));
    const failures = Object.fromEntries(codes.map((code) => [`a${code}`, remoteTrouble(code)]));
    const { exitCode, events } = await ran([fakeStep('one', { stages: [stage('S', lanes)] })], {
      world: failingAt([], failures),
    });
    expect(exitCode).toBe(expected);
    expect(events.at(-1)).toMatchObject({ type: 'session-finished', outcome: 'failed', exitCode: expected });
    expect(of(events, 'step-finished')[0]?.failures).toHaveLength(codes.length);
  });

  it('of a bug is 1 before everything else, and the bug is told with its stack', async () => {
    const bugs: unknown[] = [];
    const bug = new TypeError('undefined is not a function');
    const stages = [stage('S', { client1: ['a'], client2: ['b'] })];
    const { exitCode, events } = await ran([fakeStep('one', { stages })], {
      world: failingAt([], { a: bug, b: remoteTrouble(exit.proof) }),
      bug: (error) => bugs.push(error),
    });
    expect(exitCode).toBe(exit.bug);
    expect(bugs).toEqual([bug]);
    expect(
      of(events, 'host-failed')
        .map(({ failure }) => failure.exitCode)
        .sort(),
    ).toEqual([1, 6]);
  });

  it.each([
    ['observe', new RangeError('no'), exit.bug],
    ['observe', new UserError(trouble(exit.invalid)), exit.invalid],
  ] as const)('of what %s throws', async (_, error, expected) => {
    const step = fakeStep('one', {
      observe: () => {
        throw error;
      },
    });
    const { exitCode, events } = await ran([step, fakeStep('two')]);
    expect(exitCode).toBe(expected);
    expect(types(events)).toEqual(['session-started', 'step-started', 'step-finished', 'session-finished']);
  });

  it('tells of all hosts that failed together', async () => {
    const together = () => {
      throw new UserError(trouble(exit.connection, 'client1'), [trouble(exit.connection, 'client2')]);
    };
    const { events } = await ran([fakeStep('one', { observe: together })]);
    expect(of(events, 'step-finished')[0]?.failures?.map(({ host }) => host)).toEqual(['client1', 'client2']);
  });

  it('of a plan that is refused is its own', async () => {
    const step = fakeStep('one', {
      stages: () => {
        throw new UserError(trouble(exit.proof));
      },
    });
    expect((await ran([step])).exitCode).toBe(exit.proof);
  });

  it('of a failed check is 6, or what the check says', async () => {
    const bad = check('c', { ok: false, host: 'client1', hint: 'try' });
    const proof = await ran([fakeStep('one', { evidence: [{ check: bad }] })]);
    expect(proof.exitCode).toBe(exit.proof);
    expect(of(proof.events, 'step-finished')[0]?.failures).toEqual([
      { exitCode: 6, doing: 'Checking c at client1', why: 'as it must be', host: 'client1', hint: 'try' },
    ]);
    const asking = await ran([fakeStep('one', { evidence: [{ check: { ...bad, asks: 'host-key' } }] })]);
    expect(
      asking.events.flatMap((event) => (event.type === 'step-finished' ? (event.failures ?? []) : [])),
    ).toMatchObject([{ asks: 'host-key' }]);
    const remote = await ran([fakeStep('one', { evidence: [{ check: { ...bad, exitCode: exit.remote } }] })]);
    expect(remote.exitCode).toBe(exit.remote);
    // The exit code is ours: it is no member of the event.
    expect(of(remote.events, 'check-finished')[0]?.check).toEqual(bad);
  });

  it('of a warning is 0', async () => {
    const { exitCode } = await ran([fakeStep('one', { evidence: [{ check: check('c', { hint: 'mind this' }) }] })]);
    expect(exitCode).toBe(0);
  });
});

describe('a run that has ended otherwise than it is wanted now', () => {
  const launch = (log: string[], state: 'done' | 'outdated' = 'outdated') => ({
    ...fakeStep('launch', {}, log),
    plan: ({ options }: Answers): readonly Stage[] => (options.new ? [stage('Server', { server: ['start it'] })] : []),
    stands: () => ({ state, over: true as const }),
  });

  it('is asked about: yes plans another one, which is approved as any plan is, and noted as another one', async () => {
    const { events, approved } = await passing(launch([]), true);
    expect(of(events, 'plan-ready').map(({ actions }) => actions.map(({ text }) => text))).toEqual([['start it']]);
    expect(approved).toEqual(['launch asked another']);
  });

  it('is gone on with where that is not wanted, and nobody is asked of one that is as it is wanted', async () => {
    const { events, asked } = await passing(launch([]), false);
    expect([asked, of(events, 'plan-ready').map(({ actions }) => actions)]).toEqual([1, [[]]]);
    expect((await passing(launch([], 'done'), true)).asked).toBe(0);
  });

  async function passing(step: ReturnType<typeof launch>, yes: boolean) {
    let asked = 0;
    const approved: string[] = [];
    const { events } = await ran([step], {
      world: {
        ...fakeWorld(),
        note: async (id, state, another) => {
          if (state === 'asked') approved.push(`${id} asked${another ? ' another' : ''}`);
        },
      },
      another: async () => {
        asked += 1;
        return yes ? { ...answers, options: { new: true } } : undefined;
      },
    });
    return { events, asked, approved };
  }
});

describe('what a step proposes', () => {
  const proposing = (log: string[], more: Partial<Check> = {}) =>
    fakeStep('two', { effect: 'looks', evidence: [{ check: { ...check('c', more), proposes: ['10.0.1.5'] } }] }, log);

  it('is taken up before the next step: the steps that it touches are done again, by the new answers', async () => {
    const [log, asked]: [string[], (readonly string[])[]] = [[], []];
    const first = fakeStep('one', {}, log);
    const { events, exitCode } = await ran([first, proposing(log), fakeStep('three', {}, log)], {
      adopt: async (proposed) => {
        asked.push(proposed);
        return [first];
      },
    });
    expect(of(events, 'step-started').map(({ step }) => step)).toEqual(['one', 'two', 'one', 'three']);
    expect([asked, exitCode]).toEqual([[['10.0.1.5']], 0]);
    // The proposal itself is for the one who answers; those who read along are told what became of it.
    expect(of(events, 'check-finished').map(({ check: { detail } }) => detail)).toEqual([
      'as it must be',
      'as it must be; the certificate will hold 10.0.1.5',
    ]);
  });

  it('waits where anything has failed, and where nobody takes it up', async () => {
    const adopt = async () => Promise.reject(new Error('was asked'));
    expect((await ran([proposing([], { ok: false })], { adopt })).exitCode).toBe(exit.proof);
    expect((await ran([proposing([])])).exitCode).toBe(0);
  });

  it('that can’t be written down is a failure of its step', async () => {
    const adopt = async () => Promise.reject(remoteTrouble(exit.invalid));
    const { events, exitCode } = await ran([proposing([]), fakeStep('three')], { adopt });
    expect([exitCode, of(events, 'step-started').length]).toEqual([exit.invalid, 1]);
  });
});

describe('looking', () => {
  it('happens once where nothing is to be done', async () => {
    const log: string[] = [];
    const { events } = await ran([fakeStep('one', {}, log)], { world: fakeWorld(log) });
    expect(log).toEqual(['lock up', 'look one', 'prove one by look 1', 'unlock']);
    expect(events.at(-1)).toMatchObject({ outcome: 'unchanged', exitCode: 0 });
  });

  it('happens again at what was touched, and the proof uses that', async () => {
    const log: string[] = [];
    const stages = [stage('S', { server: ['a'], client2: ['b'] })];
    await ran([fakeStep('one', { stages }, log)], { world: fakeWorld(log) });
    expect(log.slice(-5)).toEqual(['do b', 'forget server client2', 'look one', 'prove one by look 2', 'unlock']);
  });
});

describe('the lock', () => {
  const [looks, changes] = [{ effect: 'looks' }, { effect: 'changes' }] as const;

  it('is taken before the first changing step looks, and released before a trailing looking one', async () => {
    const log: string[] = [];
    const steps = [
      fakeStep('first', looks, log),
      fakeStep('config', changes, log),
      fakeStep('preflight', looks, log),
      fakeStep('certs', changes, log),
      fakeStep('monitor', looks, log),
    ];
    await ran(steps, { world: fakeWorld(log) });
    expect(log.filter((line) => !line.startsWith('prove'))).toEqual([
      'look first',
      'lock up',
      'look config',
      'look preflight',
      'look certs',
      'unlock',
      'look monitor',
    ]);
  });

  it('is held over the approval', async () => {
    const log: string[] = [];
    await ran([fakeStep('one', { stages: [stage('S', { here: ['a'] })] }, log)], {
      world: fakeWorld(log),
      operator: operator(true, log),
    });
    expect(log.slice(0, 4)).toEqual(['lock up', 'look one', 'approve one', 'do a']);
    expect(log.at(-1)).toBe('unlock');
  });

  it('knows which step is being done, from its yes to its end', async () => {
    const log: string[] = [];
    const note = async (step: string, state: string) => void log.push(`note ${step} ${state}`);
    const none = fakeStep('none', {}, log);
    await ran([none, fakeStep('one', { stages: [stage('S', { here: ['a'] })] }, log)], {
      world: fakeWorld(log, { note }),
      operator: operator(true, log),
    });
    const told = log.filter((line) => /^(note|do|approve)/.test(line));
    expect(told).toEqual(['note one asked', 'approve one', 'note one doing', 'do a', 'note one done']);
  });

  it('that somebody else holds ends the session with 7 before anything was looked at', async () => {
    const log: string[] = [];
    const world = fakeWorld(log, {
      lock: async () => {
        throw new UserError(trouble(exit.locked));
      },
    });
    const { events, exitCode } = await ran([fakeStep('one', {}, log)], { world });
    expect(exitCode).toBe(exit.locked);
    expect(log).toEqual([]);
    expect(types(events)).toEqual(['session-started', 'step-started', 'step-finished', 'session-finished']);
  });

  it('is not needed to look', async () => {
    const log: string[] = [];
    await ran([fakeStep('monitor', looks, log)], { world: fakeWorld(log) });
    expect(log).not.toContain('lock up');
  });

  it('is released where the step fails, and where the reader goes away', async () => {
    const failed: string[] = [];
    const stages = [stage('S', { here: ['a'] })];
    await ran([fakeStep('one', { stages }, failed)], { world: failingAt(failed, { a: new Error('bug') }) });
    expect(failed.at(-1)).toBe('unlock');
    const left: string[] = [];
    const gone = ran([fakeStep('one', { stages }, left)], { world: fakeWorld(left) }, () => {
      if (left.includes('look one')) throw new Error('gone');
    });
    await expect(gone).rejects.toThrow('gone');
  });
});

describe('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    '%s in the middle of an action ends with %i, starts nothing else, and releases the lock',
    async (name, code) => {
      const log: string[] = [];
      const controller = new AbortController();
      const world = fakeWorld(log, {
        perform: async ({ text }) => {
          log.push(`do ${text}`);
          controller.abort(name);
          throw new Error('cut off');
        },
      });
      const bugs: unknown[] = [];
      const stages = [stage('A', { here: ['a', 'b'] }), stage('B', { client1: ['c'] })];
      const { events, exitCode } = await ran([fakeStep('one', { stages }, log), fakeStep('two', {}, log)], {
        world,
        signal: controller.signal,
        bug: (error) => bugs.push(error),
      });
      expect(exitCode).toBe(code);
      expect(events.at(-1)).toEqual({ type: 'session-finished', outcome: 'failed', exitCode: code });
      expect(log.filter((line) => /^(do|look|prove)/.test(line))).toEqual(['look one', 'do a']);
      expect(log.at(-1)).toBe('unlock');
      // What was interrupted on purpose is neither a failure of a host nor a bug.
      expect(bugs).toEqual([]);
      expect(types(events)).not.toContain('host-failed');
    },
  );

  it('in the middle of a proof ends it: what was cut off is no failure of anybody', async () => {
    const controller = new AbortController();
    const step: Step = {
      ...fakeStep('one', {}, []),
      async *verify() {
        yield { check: check('before') };
        controller.abort('SIGINT');
        yield { check: check('cut off', { ok: false, host: 'client1' }) };
      },
    };
    const { events, exitCode } = await ran([step], { world: fakeWorld([]), signal: controller.signal });
    expect(exitCode).toBe(130);
    expect(types(events)).not.toContain('host-failed');
    expect(events.filter(({ type }) => type === 'check-finished')).toHaveLength(1);
    expect(events.find(({ type }) => type === 'step-finished')).toEqual({
      type: 'step-finished',
      step: 'one',
      outcome: 'failed',
    });
  });

  it('in the middle of a look names no host that was not reached any more', async () => {
    const controller = new AbortController();
    const step = fakeStep('one', {
      observe: () => controller.abort('SIGINT'),
      failures: () => [trouble(4, 'client2')],
    });
    const { events, exitCode } = await ran([step], { world: fakeWorld([]), signal: controller.signal });
    expect(exitCode).toBe(130);
    expect(types(events)).not.toContain('host-failed');
    expect(of(events, 'step-finished').flatMap(({ failures = [] }) => failures)).toEqual([]);
  });

  it('in the middle of an action that proves tells no try that was cut off, and has not done it', async () => {
    const controller = new AbortController();
    const world = fakeWorld([], {
      perform: async (_action, _network, report) => {
        report.check(check('before'));
        controller.abort('SIGINT');
        report.check(check('cut off', { ok: false }));
      },
    });
    const step = fakeStep('one', { stages: [stage('S', { server: ['prove'] })] });
    const { events } = await ran([step], { world, signal: controller.signal });
    expect(of(events, 'check-finished').map((each) => each.check.name)).toEqual(['before']);
    expect(of(events, 'action-finished').map(({ outcome }) => outcome)).toEqual(['failed']);
    expect(of(events, 'step-finished').flatMap(({ failures = [] }) => failures)).toEqual([]);
  });

  it('while somebody thinks about the plan does nothing of it', async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const thinking = {
      ...operator(),
      approve: async () => {
        controller.abort('SIGINT');
        return true;
      },
    };
    const { exitCode } = await ran([fakeStep('one', { stages: [stage('S', { here: ['a'] })] }, log)], {
      world: fakeWorld(log),
      operator: thinking,
      signal: controller.signal,
    });
    expect(exitCode).toBe(130);
    expect(log).not.toContain('do a');
  });
});
