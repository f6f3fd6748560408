/** Numbers and times as a screen shows them. Pure. */
export { bytes } from '../plan/size.ts';

/** `0.8 s`, `41 s`, `3:12`, `2h 05m`, `3d 4h`. A clock that counts says whole seconds: round them before. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '-';
  if (seconds < 9.95 && !Number.isInteger(seconds)) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${two(Math.floor(whole / 60) % 60)}m`;
  return `${Math.floor(whole / 86_400)}d ${Math.floor(whole / 3600) % 24}h`;
}

/** Seconds that stand below each other: all with a decimal, as long as it says something. */
export function tenths(seconds: number): string {
  if (seconds > 0 && seconds < 0.0995) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  return seconds >= 0 && seconds < 9.95 ? `${seconds.toFixed(1)} s` : duration(seconds);
}

/** A span that people set in whole units: `30 min`, `90 s`, `2 h`. */
export function limitOf(seconds: number): string {
  if (seconds >= 3600 && seconds % 3600 === 0) return `${seconds / 3600} h`;
  if (seconds >= 120) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds)} s`;
}

/** `12,400`. */
export function samples(count: number): string {
  return Number.isFinite(count) ? Math.round(count).toLocaleString('en-US') : '-';
}

/** A loss or a metric in at most nine columns: three decimals where that says something. */
export function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.0005 || size >= 1e6)) return value.toExponential(1);
  return value.toFixed(size >= 1000 ? 0 : size >= 100 ? 1 : 3);
}

/** Time of day where the reader is, `09:41` or `09:41:07`. */
export function clock(time: string | Date, withSeconds = false): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '--:--';
  const short = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return withSeconds ? `${short}:${two(date.getSeconds())}` : short;
}

/** Seconds from one moment to another; 0 where clocks disagree, nothing where a time cannot be read. */
export function secondsBetween(from: string | Date, to: string | Date): number | undefined {
  const seconds = (new Date(to).getTime() - new Date(from).getTime()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}

/** A bar of `width` columns. Whole blocks only: what is left of a part of one looks like a gap. */
export function bar(share: number, width: number): string {
  const part = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  const filled = Math.floor(part * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

/** How long ago something was, in whole seconds and more; nothing where its time cannot be read. */
export function ago(since: string, now: Date): string {
  const seconds = secondsBetween(since, now);
  return seconds === undefined ? '' : duration(Math.round(seconds));
}

/** How long ago, as one says it: `12 min ago`. */
export function since(time: Date, now: Date): string {
  const minutes = Math.floor(Math.max(0, now.getTime() - time.getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  return minutes < 24 * 60 ? `${Math.floor(minutes / 60)} h ago` : `${plural(Math.floor(minutes / 1440), 'day')} ago`;
}

/** Busy cores as people read them: `88%` of one, `12.4x` of many. */
export function cores(busy: number): string {
  return busy < 9.995 ? `${Math.round(busy * 100)}%` : `${busy.toFixed(1)}x`;
}

/** Time until a date, in the largest whole unit: `362 d`, `5 h`, `expired`. */
export function left(until: string, now: Date): { readonly text: string; readonly days: number } {
  const days = (Date.parse(until) - now.getTime()) / 86_400_000;
  if (Number.isNaN(days)) return { text: '-', days: Number.POSITIVE_INFINITY };
  if (days <= 0) return { text: 'expired', days };
  return { text: days >= 1 ? `${Math.floor(days)} d` : `${Math.max(1, Math.floor(days * 24))} h`, days };
}

/** `1 client`, `3 clients`. */
export function plural(count: number, noun: string): string {
  return `${samples(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
