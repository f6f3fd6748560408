/** Spans of time as people type them. Pure. */
import { exit, UserError } from './failure.ts';

/** A certificate is named so many days before its end, and made anew where that is approved: a month to plan it. */
export const soonDays = 30;

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `30d`, `12h`, `90s` in seconds; nothing for what is none. */
export function spanIn(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,7})([smhdw])$/.exec(text) ?? [];
  const factor = seconds[unit];
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}

/** The same of an option's value. @throws UserError (2) */
export function spanOf(option: string, text: string): number {
  const span = spanIn(text);
  if (span !== undefined) return span;
  throw notOne(option, text, 'is no span of time', 'write it as 90s, 12h, 30d or 4w');
}

/** Since when: so long ago, by the clock of whoever is asked, or a time. */
export type Since = { readonly ago: number } | { readonly at: number };

/** A date, or a date and a time; without an offset it is the time here. */
const moment = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/** `10m`, or `2026-11-23`, `2026-11-23 22:10`, `2026-11-23T22:10:05Z`, in seconds. @throws UserError (2) */
export function sinceOf(option: string, text: string): Since {
  const ago = spanIn(text);
  if (ago !== undefined) return { ago };
  // A date alone would be read as midnight in UTC.
  const at = moment.test(text) ? Date.parse(/[T ]/.test(text) ? text.replace(' ', 'T') : `${text}T00:00`) : Number.NaN;
  if (Number.isFinite(at)) return { at: at / 1000 };
  throw notOne(option, text, 'is no time', 'write how long ago (90s, 10m, 2h, 3d), or a time such as 2026-11-23 22:10');
}

function notOne(option: string, text: string, why: string, hint: string): UserError {
  return new UserError({
    exitCode: exit.invalid,
    doing: `Reading ${option}`,
    why: `${JSON.stringify(text.slice(0, 40))} ${why}`,
    hint,
  });
}
