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

/**
 * The lowest loss; the highest accuracy only where no round has a loss, since the two can't be compared. Of those that are
 * as good the first: training on brought nothing.
 * @returns the round, what it was chosen by, and among how many
 */
export function bestOf<Round extends Judged>(
  rounds: readonly Round[],
): { readonly best: Round; readonly by: 'loss' | 'accuracy'; readonly among: number } | undefined {
  for (const by of ['loss', 'accuracy'] as const) {
    const sign = by === 'loss' ? 1 : -1;
    let best: { readonly round: Round; readonly score: number } | undefined;
    let among = 0;
    for (const round of rounds) {
      const value = round[by];
      if (value === undefined || Number.isNaN(value)) continue;
      among++;
      if (!best || sign * value < best.score) best = { round, score: sign * value };
    }
    if (best) return { best: best.round, by, among };
  }
  return undefined;
}
