import { describe, expect, it } from 'vitest';
import { exit, type Failure } from '../../source/plan/failure.ts';
import { together } from '../../source/plan/mistakes.ts';

const doing = 'Reading the command line';
const value: Failure = { exitCode: exit.invalid, doing, why: '--parallel "x": no number' };
const file: Failure = { exitCode: exit.local, doing: 'Reading pw', why: 'you may not read it', hint: 'ls -l pw' };

describe('mistakes', () => {
  it('are told as they are where there is one', () => expect(together(doing, [file]).failure).toEqual(file));

  it('are one failure where there are several, each with its own hint', () => {
    expect(together(doing, [value, file]).failure).toEqual({
      exitCode: exit.local,
      doing,
      why: '2 things are wrong:\n  --parallel "x": no number\n  Reading pw: you may not read it; ls -l pw',
    });
  });
});
