import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accuracyOf, bestOf, fewerWords } from '../../source/plan/best.ts';

describe('the best round', () => {
  it.each([
    ['the lowest loss', [{ loss: 2 }, { loss: 1 }, { loss: 3 }], 2, 'loss', 3],
    ['the first of those that are as good', [{ loss: 2 }, { loss: 1 }, { loss: 1 }], 2, 'loss', 3],
    // A round without a loss is none with a better one.
    ['never one without a loss where others have one', [{ loss: 2 }, { accuracy: 0.99 }], 1, 'loss', 1],
    ['never one whose loss is no number', [{ loss: Number.NaN }, { loss: 5 }], 2, 'loss', 1],
    ['the highest accuracy where none has a loss', [{ accuracy: 0.5 }, { accuracy: 0.9 }, {}], 2, 'accuracy', 2],
  ] as const)('is %s', (_, rounds, round, by, among) => {
    const found = bestOf(rounds.map((each, at) => ({ ...each, round: at + 1 })));
    expect(found).toMatchObject({ best: { round }, by, among });
  });

  it.each([
    [
      'a round that half of the clients evaluated is not compared',
      [
        [0.12, 4],
        [0.098, 2],
        [0.11, 4],
      ],
      3,
      2,
      1,
    ],
    [
      'of two rounds the one that more evaluated counts',
      [
        [0.5, 4],
        [0.1, 2],
      ],
      1,
      1,
      1,
    ],
    [
      'of many clients a few may be missing',
      [
        [0.3, 1000],
        [0.2, 996],
        [0.1, 905],
        [0.05, 800],
      ],
      3,
      3,
      1,
    ],
    [
      'where most rounds had fewer clients, those that had more are compared as well',
      [
        [0.5, 4],
        [0.3, 2],
        [0.2, 2],
      ],
      3,
      3,
      0,
    ],
    [
      'a round that nobody evaluated has no loss, and says nothing of how many are usual',
      [
        [undefined, 0],
        [undefined, 0],
        [undefined, 0],
        [0.2, 4],
        [0.1, 1],
        [0.3, 4],
      ],
      4,
      2,
      1,
    ],
    [
      'a loss that the server alone works out is one for all',
      [
        [0.2, 0],
        [0.1, 0],
      ],
      2,
      2,
      0,
    ],
    [
      'what is as good as an earlier one with fewer clients is later',
      [
        [0.1, 19],
        [0.1, 20],
        [0.1, 20],
      ],
      1,
      3,
      0,
    ],
  ] as const)('%s', (_, all, round, among, fewer) => {
    const rounds = all.map(([loss, evaluated], at) => ({
      round: at + 1,
      evaluated,
      ...(loss === undefined ? {} : { loss }),
    }));
    expect(bestOf(rounds)).toMatchObject({ best: { round }, by: 'loss', among, fewer });
  });

  it('says that rounds were not compared, where there are some', () => {
    expect([0, 1, 2].map(fewerWords)).toEqual([
      '',
      '; fewer clients evaluated another one, which is not compared',
      '; fewer clients evaluated 2 others, which are not compared',
    ]);
  });

  it('is none where no round has either', () => expect(bestOf([{ round: 1 }])).toBeUndefined());

  it('has no round with a lower loss beside it, whatever they are', () => {
    const losses = fc.array(fc.double({ noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(losses, (all) => {
        const best = bestOf(all.map((loss, at) => ({ round: at, loss })))?.best;
        expect(all.every((loss) => (best?.loss ?? Number.NaN) <= loss)).toBe(true);
      }),
    );
  });

  it('knows an accuracy by its name', () => {
    expect(accuracyOf({ f1: 1, Accuracy: 0.5 })).toEqual({ accuracy: 0.5 });
    expect(accuracyOf({ acc: 0.25 })).toEqual({ accuracy: 0.25 });
    expect(accuracyOf({ inaccuracy: 1, accounts: 2 })).toEqual({});
  });
});
