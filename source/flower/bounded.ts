/** What stands for a row of any length in bounded memory: its two ends, its course, what was said most. Pure. */

/** Something of which there were many: the first, the last, and how many. */
export type Ends<T> = { readonly first: readonly T[]; readonly last: readonly T[]; readonly count: number };

/** Keeps the first and the last of a row. */
export class EndsOf<T> {
  readonly #first: T[] = [];
  #last: T[] = [];
  #count = 0;
  readonly #kept: number;

  /** @param kept how many of each end */
  constructor(kept: number) {
    this.#kept = kept;
  }

  add(item: T): void {
    this.#count++;
    if (this.#first.length < this.#kept) {
      this.#first.push(item);
      return;
    }
    this.#last.push(item);
    // Cut seldom: to move a hundred on for each item would cost more than all the rest.
    if (this.#last.length >= 2 * this.#kept) this.#last = this.#last.slice(-this.#kept);
  }

  ends(): Ends<T> {
    return { first: this.#first, last: this.#last.slice(-this.#kept), count: this.#count };
  }
}

export type Point = readonly [round: number, value: number];

type Bucket = { low: Point; high: Point };

/** Twice as many points are drawn at most: more than a chart of half a page has dots to show. */
const bucketsKept = 400;
/** The span between two values has to be a number as well, or no axis can be drawn. */
const largest = 1e300;

/**
 * The course of a value over rounds. Where there are more rounds than a chart has room for, neighbors share a bucket, of
 * which the lowest and the highest stay: no peak is lost.
 */
export class Course {
  #buckets: Bucket[] = [];
  /** Rounds that share a bucket. */
  #size = 1;
  #first: Point | undefined;
  #last: Point | undefined;

  /** A round that is not behind the last one was told twice, and is passed over. */
  add(round: number, value: number): void {
    if (!(Math.abs(value) < largest) || (this.#last && round <= this.#last[0])) return;
    const point: Point = [round, value];
    this.#first ??= point;
    const before = this.#last && Math.floor(this.#last[0] / this.#size);
    this.#last = point;
    const bucket = this.#buckets.at(-1);
    if (bucket && before === Math.floor(round / this.#size)) this.#buckets.splice(-1, 1, joined(bucket, point));
    else this.#buckets.push({ low: point, high: point });
    while (this.#buckets.length > bucketsKept) this.#halve();
  }

  #halve(): void {
    this.#size *= 2;
    const halved: Bucket[] = [];
    let at: number | undefined;
    for (const bucket of this.#buckets) {
      const last = halved.at(-1);
      const place = Math.floor(bucket.low[0] / this.#size);
      if (last && place === at) halved.splice(-1, 1, joined(joined(last, bucket.low), bucket.high));
      else halved.push(bucket);
      at = place;
    }
    this.#buckets = halved;
  }

  points(): readonly Point[] {
    const all = this.#buckets.flatMap(({ low, high }) => [low, high]);
    const ends = [this.#first, this.#last].flatMap((point) => (point ? [point] : []));
    const byRound = new Map([...all, ...ends].map((point) => [point[0], point]));
    return [...byRound.values()].sort((a, b) => a[0] - b[0]);
  }
}

function joined({ low, high }: Bucket, point: Point): Bucket {
  return { low: point[1] < low[1] ? point : low, high: point[1] > high[1] ? point : high };
}

/** What was said, how often, and when first and last. */
export type Said<T> = {
  readonly what: T;
  readonly count: number;
  readonly first: number | string;
  readonly last: number | string;
};

/** Counts what is said again and again; beyond a number of different things it only counts. */
export class Counted<T> {
  readonly #said = new Map<string, { what: T; count: number; first: number | string; last: number | string }>();
  readonly #kept: number;
  #beyond = 0;

  constructor(kept: number) {
    this.#kept = kept;
  }

  add(what: T, at: number | string): void {
    const key = JSON.stringify(what);
    const found = this.#said.get(key);
    if (found) {
      found.count++;
      found.last = at;
    } else if (this.#said.size < this.#kept) this.#said.set(key, { what, count: 1, first: at, last: at });
    else this.#beyond++;
  }

  /** `beyond`: how many there were that are not among them. */
  all(): { readonly said: readonly Said<T>[]; readonly beyond: number } {
    return { said: [...this.#said.values()], beyond: this.#beyond };
  }
}
