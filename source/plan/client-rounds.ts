/**
 * The rounds of a client that are over, as its own page shows them. The one part of a view that changes in place: a thousand
 * clients have sixty thousand of them, and as objects these would be most of what the collector has to go through.
 */

/** What a client told of one round. */
export type ClientRound = {
  readonly round: number;
  readonly fitSeconds?: number | undefined;
  readonly loss?: number | undefined;
  readonly metrics?: Readonly<Record<string, number>> | undefined;
  /** It brought nothing in this round. */
  readonly failed?: true | undefined;
};

/** Of each client, with the one that is not over. */
const kept = 59;

/** Names of metrics are the client's own, and must not fill the memory either. */
const metricsKept = 8;

export class ClientRounds {
  #count = 0;
  readonly #numbers = series();
  readonly #losses = series();
  readonly #metrics = new Map<string, number[]>();

  /** Behind the others; the oldest gives way. */
  add({ round, loss, metrics = {} }: ClientRound): void {
    const at = this.#count++ % kept;
    this.#numbers[at] = round;
    this.#losses[at] = loss ?? Number.NaN;
    for (const values of this.#metrics.values()) values[at] = Number.NaN;
    for (const name of Object.keys(metrics)) this.#valuesOf(name)[at] = metrics[name] ?? Number.NaN;
  }

  /** Those that are kept, oldest first. */
  *[Symbol.iterator](): Generator<Pick<ClientRound, 'round' | 'loss' | 'metrics'>> {
    for (let each = Math.max(0, this.#count - kept); each < this.#count; each++) {
      const at = each % kept;
      const told = [...this.#metrics].map(([name, values]) => [name, values[at] ?? Number.NaN] as const);
      const metrics = Object.fromEntries(told.filter(([, value]) => !Number.isNaN(value)));
      const loss = this.#losses[at] ?? Number.NaN;
      yield { round: this.#numbers[at] ?? 0, ...(Number.isNaN(loss) ? {} : { loss }), metrics };
    }
  }

  #valuesOf(name: string): number[] {
    const known = this.#metrics.get(name);
    if (known) return known;
    const made = series();
    if (this.#metrics.size < metricsKept) this.#metrics.set(name, made);
    return made;
  }
}

function series(): number[] {
  // An array of numbers alone is held as these, without an object for each.
  return new Array<number>(kept).fill(Number.NaN);
}
