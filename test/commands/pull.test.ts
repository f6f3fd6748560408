/** How a run is named that is to be fetched. */
import { describe, expect, it } from 'vitest';
import { theOne } from '../../source/commands/pull.ts';
import { exit } from '../../source/plan/failure.ts';

describe('a run that there is none of', () => {
  const refused = (word: string) => {
    try {
      return theOne({ runs: ['1', '2'] }, word);
    } catch (error) {
      return error;
    }
  };

  it('names those that there are', () => {
    expect(refused('7')).toMatchObject({
      failure: { exitCode: exit.invalid, hint: expect.stringContaining('1 and 2') },
    });
  });

  it.each(['best', 'last'])('is no round: %s belongs to --round', (word) => {
    expect(refused(word)).toMatchObject({
      failure: { exitCode: exit.invalid, hint: expect.stringContaining(`fl-wizard pull --round ${word}`) },
    });
  });
});
