import { describe, expect, it } from 'vitest';
import { chooseRound, type RunFolder, roundWish, smallFiles, spans } from '../../source/flower/run-folder.ts';

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
    ['last', 4, 'the last round'],
    ['best', 2, 'the lowest loss of 3 rounds'],
    [3, 3, 'as it was asked for'],
  ] as const)('by %s is one that has ended and whose weights are there', (wish, round, why) => {
    expect(chooseRound(run, wish)).toMatchObject({ round, why });
  });

  it('is the last one so far while the run goes on, and none before the first has ended', () => {
    expect(chooseRound({ ...run, finished: false }, 'last')?.why).toBe('the last round so far');
    expect(chooseRound({ ...run, files: [] }, 'last')).toBeUndefined();
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
    expect(refused('best', { ended: [{ round: 4 }] })).toMatchObject({ exitCode: 2, hint: 'there are round 4' });
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
});
