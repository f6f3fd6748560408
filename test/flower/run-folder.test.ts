import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseRound,
  type RunFolder,
  roundWish,
  runFileName,
  smallFiles,
  spans,
  weightsName,
} from '../../source/flower/run-folder.ts';

const weights = (round: number) => ({ name: `round-${round}-weights.npz`, size: 10 });
const run: RunFolder = {
  run: '7',
  folder: '/r',
  rounds: 5,
  finished: true,
  ended: [
    { round: 1, loss: 0.9 },
    { round: 2, loss: 0.4 },
    { round: 3, loss: 0.4 },
    { round: 4 },
    { round: 5, loss: 0.1 },
  ],
  // The weights of the last round were not written: its disk was full.
  files: [{ name: 'run.json', size: 2 }, ...[1, 2, 3, 4].map(weights), { name: 'events.jsonl', size: 9 }],
};

describe('the round whose weights are meant', () => {
  it.each([
    ['last', 4, 'the last round whose weights are there'],
    ['best', 2, 'the lowest loss of 3 rounds'],
    [3, 3, 'as it was asked for'],
  ] as const)('by %s is one that has ended and whose weights are there', (wish, round, why) => {
    expect(chooseRound(run, wish)).toMatchObject({ round, why });
  });

  it('is the last one so far while the run goes on, and none before the first has ended', () => {
    const whole = { ...run, finished: false, files: [...run.files, weights(5)] };
    expect(chooseRound(whole, 'last')?.why).toBe('the last round so far');
    expect(chooseRound({ ...run, files: [] }, 'last')).toBeUndefined();
  });

  it('is the one with the highest accuracy where none has a loss', () => {
    const ended = [{ round: 1, accuracy: 0.5 }, { round: 2, accuracy: 0.75 }, { round: 3 }];
    expect(chooseRound({ ...run, ended }, 'best')).toMatchObject({ round: 2, why: 'the highest accuracy of 2 rounds' });
  });

  it('is none that clearly fewer clients evaluated than the others, and says so', () => {
    const ended = [0.2, 0.1, 0.15].map((loss, at) => ({ round: at + 1, loss, evaluated: at === 1 ? 2 : 4 }));
    expect(chooseRound({ ...run, ended }, 'best')).toMatchObject({
      ...{ round: 3, why: 'the lowest loss of 2 rounds; fewer clients evaluated another one, which is not compared' },
    });
  });

  it('is refused (2) where there are no such weights, with what there is', () => {
    const refused = (wish: 'best' | number, more: Partial<RunFolder> = {}) => {
      try {
        return chooseRound({ ...run, ...more }, wish);
      } catch (error) {
        return (error as { failure: unknown }).failure;
      }
    };
    expect(refused(5)).toMatchObject({ exitCode: 2, hint: 'there are rounds 1 to 4' });
    expect(refused('best', { ended: [{ round: 4 }] })).toMatchObject({ exitCode: 2, hint: 'there is round 4' });
    for (const text of ['0', '-1', '1.5', 'first', '', '1e9']) expect(() => roundWish(text)).toThrow('is no round');
    expect([roundWish('12'), roundWish('best')]).toEqual([12, 'best']);
  });

  it('is told in few words, however many there are', () => {
    expect(spans([1])).toBe('round 1');
    expect(spans([1, 2, 3, 5, 7, 8])).toBe('rounds 1 to 3, 5 and 7 to 8');
  });

  it('comes after the small files, journal first', () => {
    expect(smallFiles(run).map(({ name }) => name)).toEqual(['events.jsonl', 'run.json']);
  });

  it('has ended: weights that lie there for a round under way do not count', () => {
    const under = { ...run, files: [...run.files, weights(6)] };
    expect(chooseRound(under, 'last')?.round).toBe(4);
    expect(() => chooseRound(under, 6)).toThrow('no weights of round 6');
  });

  it('has the lowest loss of all, whatever they are', () => {
    const losses = fc.array(fc.option(fc.double({ noNaN: true }), { nil: undefined }), { minLength: 1 });
    fc.assert(
      fc.property(losses, (all) => {
        const ended = all.map((loss, at) => ({ round: at + 1, ...(loss === undefined ? {} : { loss }) }));
        const found = { ...run, ended, files: ended.map(({ round }) => weights(round)) };
        const known = all.filter((loss) => loss !== undefined);
        if (known.length === 0) {
          expect(() => chooseRound(found, 'best')).toThrow('has a loss or an accuracy to compare');
          return;
        }
        const best = chooseRound(found, 'best');
        expect(known.every((loss) => (best?.loss ?? Number.NaN) <= loss)).toBe(true);
        expect(all[(best?.round ?? 0) - 1]).toBe(best?.loss);
      }),
    );
  });
});

it.each([
  '../events.jsonl',
  'events.jsonl/',
  '/etc/passwd',
  'fl-network.yaml',
  'round--weights.npz',
  'round-1-weights.npz\n',
  'round-1-weights.npz/../x',
  'round-٣-weights.npz',
  '.round-1-weights.npz',
])('%j is no name that is taken from a host', (name) => expect(runFileName.test(name)).toBe(false));
it.each(['events.jsonl', 'run.json', weightsName(12)])('%s is one', (name) =>
  expect(runFileName.test(name)).toBe(true),
);
