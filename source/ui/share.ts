/** Who gets the rows of a screen when not all can have what they want. Pure. */

export type Wish = {
  /** Rows without which the part is better left out. */
  readonly least: number;
  readonly wanted: number;
};

/**
 * Rows for each wish, in the order of importance: first the least of each that still fits, then, in turn, one more row
 * for each until all is given or everybody has what they want.
 */
export function share(rows: number, wishes: readonly Wish[]): readonly number[] {
  let free = Math.max(0, Math.floor(rows));
  const given = wishes.map(({ least, wanted }) => {
    const first = Math.min(least, wanted);
    if (first > free) return 0;
    free -= first;
    return first;
  });
  for (let moved = true; moved && free > 0; ) {
    moved = false;
    for (const [at, { wanted }] of wishes.entries()) {
      const now = given[at] ?? 0;
      // What was left out stays out: a part below its least is worse than none.
      if (free === 0 || now === 0 || now >= wanted) continue;
      given[at] = now + 1;
      free -= 1;
      moved = true;
    }
  }
  return given;
}
