import { describe, expect, it } from 'vitest';
import { type Decision, decide, type Wish } from '../../source/flower/decide.ts';
import { UserError } from '../../source/plan/failure.ts';
import type { ProcessState, RunFacts } from '../../source/plan/host-facts.ts';
import { hostFacts } from '../steps/facts.ts';

const run = (name: string, done: number, finished: boolean): RunFacts => ({
  run: name,
  rounds: 3,
  done,
  finished,
  last: done,
});
const going = run('1', 1, false);
const ended = run('1', 3, true);
const next = run('2', 1, false);
const over = run('2', 3, true);

const failed = (done: number, rounds = 3): RunFacts => ({ ...run('1', done, true), rounds, outcome: 'failed' });

const facts = (state: ProcessState, runs: readonly RunFacts[], serving?: string) =>
  hostFacts('server', {
    process: { state },
    runs,
    ...(serving ? { server: { host: '', phase: 'fit', port: 9092, monitorPort: 1, run: serving } } : {}),
  });

type Case = readonly [string, ProcessState, readonly RunFacts[], Wish, Partial<Decision>, serving?: string];

describe('launch', () => {
  const decisions: readonly Case[] = [
    // Without a wish.
    ['starts the first run', 'none', [], {}, { run: '1', server: 'start', stopFirst: false }],
    ['leaves a server alone that has only just started', 'starting', [], {}, { run: '1', server: 'keep' }],
    ['keeps a run that is going', 'running', [going], {}, { run: '1', server: 'keep' }, '1'],
    ['goes on with one whose server is gone', 'failed', [going], {}, { run: '1', server: 'start', stopFirst: false }],
    ['goes on with one that was stopped', 'stopped', [going], {}, { run: '1', server: 'start' }],
    [
      'leaves one alone that has as many rounds as are asked for',
      'finished',
      [ended],
      { rounds: 3 },
      { server: 'ended' },
    ],
    ['leaves a finished one alone', 'finished', [ended], {}, { run: '1', server: 'ended', stopFirst: false }],
    ['leaves a finished one alone whose server lingers', 'running', [ended], {}, { run: '1', server: 'ended' }, '1'],
    ['looks at the last of several', 'none', [ended, next], {}, { run: '2', server: 'start' }],
    // --new
    ['starts the first run as the next', 'none', [], { new: true }, { run: '1', server: 'start' }],
    ['starts the next', 'finished', [ended], { new: true }, { run: '2', server: 'start', stopFirst: false }],
    [
      'stops what lingers first',
      'running',
      [ended],
      { new: true },
      { run: '2', server: 'start', stopFirst: true },
      '1',
    ],
    [
      'starts the next after one that died',
      'failed',
      [going],
      { new: true },
      { run: '2', server: 'start', stopFirst: false },
    ],
    // --resume
    [
      'goes on with a finished run',
      'none',
      [ended],
      { resume: '1', rounds: 5 },
      { run: '1', server: 'start', stopFirst: false },
    ],
    ['goes on with an older one', 'none', [ended, over], { resume: '1', rounds: 4 }, { run: '1', server: 'start' }],
    ['goes on with one that failed', 'failed', [failed(1)], { resume: '1' }, { run: '1', server: 'start' }],
    ['goes on with one that failed at once', 'failed', [failed(0, 0)], { resume: '1' }, { run: '1', server: 'start' }],
    [
      'goes on with one in which nobody trained, for more rounds',
      'failed',
      [failed(3)],
      { resume: '1', rounds: 4 },
      { run: '1', server: 'start' },
    ],
    [
      'keeps the one that is going',
      'running',
      [going],
      { resume: '1' },
      { run: '1', server: 'keep', stopFirst: false },
      '1',
    ],
    [
      'stops what lingers after a newer one',
      'running',
      [ended, over],
      { resume: '1', rounds: 4 },
      { run: '1', server: 'start', stopFirst: true },
      '2',
    ],
  ];
  for (const [title, state, runs, wish, expected, serving] of decisions)
    it(title, () => expect(decide(facts(state, runs, serving), wish)).toMatchObject(expected));

  it('knows nothing of a host that was not looked at', () => {
    expect(decide(undefined, {})).toEqual({ run: '1', server: 'start', stopFirst: false });
    expect(decide(undefined, { new: true })).toMatchObject({ run: '1', server: 'start' });
  });

  it('counts runs as numbers', () => {
    const many = Array.from({ length: 10 }, (_, at) => run(String(at + 1), 3, true));
    expect(decide(facts('none', many), { new: true }).run).toBe('11');
  });

  const refusals: readonly (readonly [string, ProcessState, readonly RunFacts[], Wish, RegExp, string?])[] = [
    ['--new while one is going', 'running', [going], { new: true }, /run 1 is still going \(1 of 3 rounds\)/, '1'],
    ['--new while one starts', 'starting', [going], { new: true }, /still going/],
    ['--resume of what is not there', 'none', [ended], { resume: '7' }, /there is no run 7 .*\(1\)/],
    ['--resume of what is finished', 'none', [ended], { resume: '1' }, /run 1 is finished after 3 rounds/],
    ['--resume of one in which nobody trained', 'failed', [failed(3)], { resume: '1' }, /is finished after 3 rounds/],
    [
      '--rounds alone for a run that goes',
      'running',
      [going],
      { rounds: 9 },
      /run 1 has 3 rounds, and --rounds is/,
      '1',
    ],
    ['--rounds alone for a run that is over', 'none', [ended], { rounds: 9 }, /run 1 had 3 rounds, and --rounds is/],
    [
      '--resume with other rounds of one that goes',
      'running',
      [going],
      { resume: '1', rounds: 9 },
      /run 1 is still going, with 3 rounds/,
      '1',
    ],
    ['--resume for fewer rounds', 'none', [ended], { resume: '1', rounds: 3 }, /is finished after 3/],
    ['--resume without runs', 'none', [], { resume: '1' }, /none yet/],
    [
      '--resume while another is going',
      'running',
      [ended, next],
      { resume: '1', rounds: 4 },
      /run 2 is still going/,
      '2',
    ],
  ];
  for (const [title, state, runs, wish, why, serving] of refusals)
    it(`refuses (2) ${title}`, () => {
      const call = () => decide(facts(state, runs, serving), wish);
      expect(call).toThrow(UserError);
      expect(call).toThrow(why);
    });
});
