/** Several things that are wrong with what was asked for, told at once: who mends one of them is not sent back for the next. Pure. */
import { exit, type Failure, UserError, worst } from './failure.ts';

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
  return new UserError({
    exitCode: worst(all.map(({ exitCode }) => exitCode)) || exit.invalid,
    doing,
    why: `${all.length} things are wrong:${lines.join('')}`,
  });
}
