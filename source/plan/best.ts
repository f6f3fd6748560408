/** Which round is the best: one rule for the screen, the report and `pull --round best`. Pure. */

/** What a round is judged by. */
export type Judged = { readonly round: number; readonly loss?: number; readonly accuracy?: number };

export function isAccuracy(metric: string): boolean {
  return /^acc(uracy)?$/i.test(metric);
}

/** The accuracy among a round's metrics. */
export function accuracyOf(metrics: Readonly<Record<string, number>>): { readonly accuracy?: number } {
  const [, accuracy] = Object.entries(metrics).find(([name]) => isAccuracy(name)) ?? [];
  return accuracy === undefined ? {} : { accuracy };
}

type Best<Round> = { readonly best: Round; readonly by: 'loss' | 'accuracy'; readonly among: number };

/** Judges rounds one after the other: of a long run not all are held. */
export class Judging<Round extends Judged> {
  readonly #found: Record<Best<Round>['by'], { best?: Round; among: number }> = {
    loss: { among: 0 },
    accuracy: { among: 0 },
  };

  add(round: Round): void {
    for (const by of ['loss', 'accuracy'] as const) {
      const value = round[by];
      if (value === undefined || Number.isNaN(value)) continue;
      const found = this.#found[by];
      const sign = by === 'loss' ? 1 : -1;
      found.among++;
      if (!found.best || sign * value < sign * (found.best[by] ?? value)) found.best = round;
    }
  }

  best(): Best<Round> | undefined {
    for (const by of ['loss', 'accuracy'] as const) {
      const { best, among } = this.#found[by];
      if (best) return { best, by, among };
    }
    return undefined;
  }
}

/**
 * The lowest loss; the highest accuracy only where no round has a loss, since the two can't be compared. Of those that are
 * as good the first: training on brought nothing.
 * @returns the round, what it was chosen by, and among how many
 */
export function bestOf<Round extends Judged>(rounds: Iterable<Round>): Best<Round> | undefined {
  const judging = new Judging<Round>();
  for (const round of rounds) judging.add(round);
  return judging.best();
}
