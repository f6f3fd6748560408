/** What we set ourselves for fifty hosts, against what was measured in one run: a target missed is told as missed. */
import { median } from '../measure.ts';

export const names = {
  loop: 'scp, one call a file',
  atOnce: 'xargs -P8 scp',
  ansible: 'Ansible copy, 50 forks',
  floor: 'connecting alone',
  ours: 'fl-wizard deploy',
  sudo: 'fl-wizard deploy, folders by sudo',
  nothing: 'fl-wizard deploy, nothing to do',
} as const;

export type Way = keyof typeof names;

export type Result = { readonly seconds: number; readonly here: number; readonly there: number };

const targets: readonly (readonly [own: Way, base: Way, most: number])[] = [
  ['ours', 'atOnce', 0.25],
  ['ours', 'loop', 0.03],
  ['ours', 'ansible', 0.03],
  ['ours', 'floor', 1.25],
  ['nothing', 'floor', 1.15],
];

/** Nothing is said of what was not measured in this run. */
export function judged(results: ReadonlyMap<Way, readonly Result[]>): readonly string[] {
  return targets.flatMap(([own, base, most]) => {
    const of = (way: Way, pick: (result: Result) => number) => median((results.get(way) ?? []).map(pick));
    const ratio = of(own, ({ seconds }) => seconds) / of(base, ({ seconds }) => seconds);
    if (Number.isNaN(ratio)) return [];
    const all = ({ here, there }: Result) => here + there;
    const cpu = (of(own, all) / of(base, all)).toFixed(3);
    const word = ratio <= most ? 'met   ' : 'missed';
    return [`${word} ${names[own]}, of ${names[base]}: ${ratio.toFixed(3)}, at most ${most} (of its CPU: ${cpu})`];
  });
}
