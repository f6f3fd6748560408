/** Which round is the best: one rule for the screen, the report and `pull --round best`. Pure. */
import type { RoundFinished } from './event.ts';
import { present } from './words.ts';

/** What a round is judged by, and how many clients evaluated it. */
export type Judged = {
  readonly round: number;
  readonly loss?: number;
  readonly accuracy?: number;
  readonly evaluated?: number;
};

export function isAccuracy(metric: string): boolean {
  return /^acc(uracy)?$/i.test(metric);
}

/** The accuracy among a round's metrics. */
export function accuracyOf(metrics: Readonly<Record<string, number>>): { readonly accuracy?: number } {
  const [, accuracy] = Object.entries(metrics).find(([name]) => isAccuracy(name)) ?? [];
  return accuracy === undefined ? {} : { accuracy };
}

export function judgedOf(round: Pick<RoundFinished, 'round' | 'loss' | 'metrics' | 'evaluate'>): Judged {
  const { loss, metrics, evaluate } = round;
  return { round: round.round, ...present({ loss }), ...accuracyOf(metrics), evaluated: evaluate.ok };
}

/** `among`: with how many it was compared; `fewer`: rounds that were not, since fewer clients evaluated them. */
export type Best<Round> = {
  readonly best: Round;
  readonly by: 'loss' | 'accuracy';
  readonly among: number;
  readonly fewer: number;
};

/** Behind a count of rounds: that there are others, and why they were not compared. */
export function fewerWords(fewer: number): string {
  if (fewer === 0) return '';
  return `; fewer clients evaluated ${fewer === 1 ? 'another one, which is' : `${fewer} others, which are`} not compared`;
}

/** Of a thousand clients one or another is always missing, and says nothing of the rest. */
const likeShare = 0.9;

type Group<Round> = { readonly evaluated: number; best: Round; among: number };

/** Judges rounds one after the other: of a long run not all are held, but the best by each number of clients. */
export class Judging<Round extends Judged> {
  readonly #found: Readonly<Record<Best<Round>['by'], Map<number, Group<Round>>>> = {
    loss: new Map(),
    accuracy: new Map(),
  };

  add(round: Round): void {
    const { evaluated = 0 } = round;
    for (const by of ['loss', 'accuracy'] as const) {
      const value = round[by];
      if (value === undefined || Number.isNaN(value)) continue;
      const group = this.#found[by].get(evaluated);
      if (!group) this.#found[by].set(evaluated, { evaluated, best: round, among: 1 });
      else {
        group.among++;
        if (isBetter(round, group.best, by)) group.best = round;
      }
    }
  }

  best(): Best<Round> | undefined {
    for (const by of ['loss', 'accuracy'] as const) {
      const groups = [...this.#found[by].values()];
      if (groups.length === 0) continue;
      const least = likeShare * medianOf(groups);
      const like = groups.filter(({ evaluated }) => evaluated >= least);
      const { best } = like.reduce((one, other) => (precedes(other.best, one.best, by) ? other : one));
      const among = like.reduce((sum, group) => sum + group.among, 0);
      return { best, by, among, fewer: groups.reduce((sum, group) => sum + group.among, -among) };
    }
    return undefined;
  }
}

function isBetter(one: Judged, other: Judged, by: 'loss' | 'accuracy'): boolean {
  const [a, b] = [one[by] ?? Number.NaN, other[by] ?? Number.NaN];
  return by === 'loss' ? a < b : a > b;
}

const precedes = (one: Judged, other: Judged, by: 'loss' | 'accuracy') =>
  isBetter(one, other, by) || (one[by] === other[by] && one.round < other.round);

/** How many clients evaluated the round in the middle; of two, that of more. */
function medianOf(groups: readonly Group<Judged>[]): number {
  const total = groups.reduce((sum, { among }) => sum + among, 0);
  let seen = 0;
  for (const { evaluated, among } of groups.toSorted((a, b) => b.evaluated - a.evaluated)) {
    seen += among;
    if (2 * seen >= total) return evaluated;
  }
  return 0;
}

/**
 * The lowest loss; the highest accuracy only where no round has a loss, since the two can't be compared. Of those that are
 * as good the first: training on brought nothing. Rounds that clearly fewer clients evaluated than the middle one (less
 * than nine tenths) are left out: a loss on the data of half of the clients is another measure.
 * @returns the round, what it was chosen by, and among how many
 */
export function bestOf<Round extends Judged>(rounds: Iterable<Round>): Best<Round> | undefined {
  const judging = new Judging<Round>();
  for (const round of rounds) judging.add(round);
  return judging.best();
}
