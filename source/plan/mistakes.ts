/** Several things that are wrong with what was asked for, told at once: who mends one of them is not sent back for the next. Pure. */
import { exit, type Failure, UserError, worst } from './failure.ts';

export class Mistakes extends UserError {
  /** Each by itself, to be told among others. */
  readonly all: readonly Failure[];

  constructor(told: Failure, all: readonly Failure[]) {
    super(told);
    this.all = all;
  }
}

/** All that an error tells of, each by itself. */
export function mistakesIn(error: UserError): readonly Failure[] {
  return error instanceof Mistakes ? error.all : [error.failure];
}

/** One of them is told as it is; of several, what was being done and what to try goes into the line of each. */
export function together(doing: string, [first, ...others]: readonly [Failure, ...Failure[]]): UserError {
  if (others.length === 0) return new UserError(first);
  const all = [first, ...others];
  const lines = all.map((failure) => {
    const where = failure.doing === doing ? '' : `${failure.doing}: `;
    const behind = failure.why.includes('\n') ? '\n    ' : '; ';
    const hint = failure.hint === undefined ? '' : behind + failure.hint;
    return `\n  ${where}${failure.why.replaceAll('\n  ', '\n    ')}${hint}`;
  });
  const exitCode = worst(all.map((failure) => failure.exitCode)) || exit.invalid;
  return new Mistakes({ exitCode, doing, why: `${all.length} things are wrong:${lines.join('')}` }, all);
}
