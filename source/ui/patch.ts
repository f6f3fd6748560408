/** What has to be written where a line becomes another one: a number that changed is a few bytes, and its line a hundred. */

const styling = /\x1b\[([\d;]*)m/g;

/** What each code that ends something ends (ECMA-48, SGR). */
const endings: Readonly<Record<string, RegExp>> = {
  '': /^/,
  '0': /^/,
  '22': /^[12]$/,
  '23': /^3$/,
  '24': /^4$/,
  '27': /^7$/,
  '29': /^9$/,
  '39': /^(3[0-8]|9\d)/,
  '49': /^(4[0-8]|10\d)/,
};

/** Our own signs and ASCII: one cell each. Of others a terminal may think otherwise than we do. */
const printable = /^[ -~·❯\u2500-\u259f\u2800-\u28ff]*$/;

/** To go somewhere costs at least four bytes: what stands between is written again for that. */
const shortest = 4;

type Cells = { readonly text: string; readonly styles: readonly string[] };

/** Nothing where a terminal might not agree with us on where each character stands. */
function cellsOf(line: string): Cells | undefined {
  const styles: string[] = [];
  let codes: readonly string[] = [];
  let [text, style, at] = ['', '', 0];
  const take = (end: number) => {
    const part = line.slice(at, end);
    text += part;
    for (let each = 0; each < part.length; each++) styles.push(style);
  };
  for (const match of line.matchAll(styling)) {
    take(match.index);
    const [, code = ''] = match;
    const ending = endings[code];
    codes = ending ? codes.filter((each) => !ending.test(each)) : [...codes, code];
    style = codes.map((each) => `\x1b[${each}m`).join('');
    at = match.index + match[0].length;
  }
  take(line.length);
  return printable.test(text) ? { text, styles } : undefined;
}

/** Parts of a line that differ, each from a column to the one behind it. */
function parts(old: Cells, now: Cells): readonly { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (let at = 0; at < Math.max(old.text.length, now.text.length); at++) {
    const same = (old.text[at] ?? ' ') === (now.text[at] ?? ' ') && (old.styles[at] ?? '') === (now.styles[at] ?? '');
    if (same) continue;
    const last = found.at(-1);
    if (last && at - last.to <= shortest) last.to = at + 1;
    else found.push({ from: at, to: at + 1 });
  }
  return found;
}

function written({ text, styles }: Cells, from: number, to: number): string {
  let [shown, style] = ['', ''];
  for (let at = from; at < to; at++) {
    const next = styles[at] ?? '';
    if (next !== style) shown += `${style === '' ? '' : '\x1b[m'}${next}`;
    style = next;
    shown += text[at] ?? '';
  }
  return style === '' ? shown : `${shown}\x1b[m`;
}

/**
 * Makes the one line of the other.
 * @param row from 1 on
 * @returns nothing where the whole line has to be written
 */
export function patch(row: number, before: string, line: string): string | undefined {
  const [old, now] = [cellsOf(before), cellsOf(line)];
  if (!old || !now) return undefined;
  return parts(old, now)
    .map(({ from, to }, at) => {
      const place = at === 0 ? `\x1b[${row};${from + 1}H` : `\x1b[${from + 1}G`;
      const rest = to > now.text.length ? '\x1b[K' : '';
      return place + written(now, from, Math.min(to, now.text.length)) + rest;
    })
    .join('');
}
