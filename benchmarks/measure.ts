/** What the benchmarks share: medians, and the circumstances without which a number says nothing. */
import { cpus, loadavg } from 'node:os';

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = low] =
    sorted.length % 2 === 1 ? sorted.slice(middle, middle + 1) : sorted.slice(middle - 1, middle + 1);
  return (low + high) / 2;
}

export function circumstances(): string {
  const load = loadavg()
    .map((each) => each.toFixed(2))
    .join(' ');
  return `Node ${process.versions.node}, ${cpus().length} cores, load ${load}, ${new Date().toISOString()}`;
}

export type Row = { readonly name: string; readonly values: readonly number[] };

/** A line for each way: the median, the spread, and the ratio to the first. */
export function table(rows: readonly Row[], unit: string): string {
  const base = median(rows[0]?.values ?? []);
  return rows
    .map(({ name, values }) => {
      const [own, least, most] = [median(values), Math.min(...values), Math.max(...values)];
      return `${name.padEnd(40)} ${own.toFixed(2).padStart(8)} ${unit}  ${least.toFixed(2)} to ${most.toFixed(2)}  ratio ${(own / base).toFixed(2)}`;
    })
    .join('\n');
}
