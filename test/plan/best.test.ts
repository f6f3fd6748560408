import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accuracyOf, bestOf } from '../../source/plan/best.ts';

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
