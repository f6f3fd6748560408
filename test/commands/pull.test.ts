/** How a run is named that is to be fetched. */
import { describe, expect, it } from 'vitest';
import { tableOf, theOne } from '../../source/commands/pull.ts';
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

it('a file is new, changed or unchanged: what nobody had before has not changed', () => {
  const file = { size: 3, sha256: '0', path: '/here/runs/1/x' };
  const call = (dryRun: boolean) => ({ io: { cwd: '/here' }, common: { dryRun } });
  const files = [
    { ...file, name: 'a', outcome: 'changed', isNew: true },
    { ...file, name: 'b', outcome: 'changed', isNew: true, resumedAt: 2 },
    { ...file, name: 'c', outcome: 'changed' },
    { ...file, name: 'd', outcome: 'unchanged' },
  ] as const;
  const outcomes = (dryRun: boolean) => tableOf(call(dryRun), files).map((line) => line.split(/ {2,}/).at(-1));
  expect(outcomes(false)).toEqual(['OUTCOME', 'new', 'new, from 2 B on', 'changed', 'unchanged']);
  expect(outcomes(true).slice(1, 3)).toEqual(['to be fetched', 'to be fetched, from 2 B on']);
});
