/** What somebody may have meant who typed a word that there isn't. Pure. */

/** Letters put in, left out, exchanged, or two of them in the wrong order: how many of these lead from one to the other. */
function distance(from: string, to: string): number {
  const rows: number[][] = [];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Math.max(row, column);
  for (let row = 0; row <= from.length; row++) {
    const here = [row];
    rows.push(here);
    for (let column = 1; column <= to.length; column++) {
      const exchanged = at(row - 1, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const least = row === 0 ? column : Math.min(exchanged, at(row - 1, column) + 1, at(row, column - 1) + 1);
      here.push(swapped ? Math.min(least, at(row - 2, column - 2) + 1) : least);
    }
  }
  return at(from.length, to.length);
}

/** So many letters of a name, and no other name's, say which one is meant. */
const leastBegin = 3;

/** Of the names the one that is nearest to the word, unless it takes more than a third of the letters to get there, or else
 * the only one that begins so. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  return allNear(word, names)[0];
}

/** All that may be meant, the nearest first. */
export function allNear(word: string, names: readonly string[]): readonly string[] {
  const most = Math.max(1, Math.floor(word.length / 3));
  // A name of another length is that far away at least: a word of megabytes is not gone through.
  const near = names.filter((name) => Math.abs(name.length - word.length) <= most && name.length > most);
  const found = near.map((name) => ({ name, away: distance(word, name) })).filter(({ away }) => away <= most);
  if (found.length === 0) return begun(word, names);
  return found.sort((one, other) => one.away - other.away).map(({ name }) => name);
}

function begun(word: string, names: readonly string[]): readonly string[] {
  if (word.length < leastBegin) return [];
  const [first, ...more] = names.filter((name) => name.toLowerCase().startsWith(word.toLowerCase()));
  return first !== undefined && more.length === 0 ? [first] : [];
}
