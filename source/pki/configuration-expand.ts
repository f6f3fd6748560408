/** Looks a variable up; undefined where it has no value (yet: OpenSSL reads from the top). */
export type Variables = (section: string, name: string) => string | undefined;

/** The value, or why there is none and at which offset of the raw text. */
export type Expanded =
  | { readonly value: string }
  | { readonly why: string; readonly at: number; readonly hint?: string };

const quotes = new Set(['"', "'", '`']);
const escapes: Readonly<Record<string, string>> = { r: '\r', n: '\n', b: '\b', t: '\t' };
const reference = /\$(?:\{(\w+)(?:::(\w+))?(\})?|\((\w+)(?:::(\w+))?(\))?|(\w+)(?:::(\w+))?)/y;

type Piece = { readonly text: string; readonly length: number };

/** What stands between quotes: a backslash takes its meaning from the next character, nothing else is special. */
function quoted(raw: string, start: number): Piece {
  const quote = raw[start];
  let text = '';
  let at = start + 1;
  while (at < raw.length && raw[at] !== quote) {
    if (raw[at] === '\\') at += 1;
    text += raw[at] ?? '';
    at += 1;
  }
  return { text, length: Math.min(at + 1, raw.length) - start };
}

function variable(
  raw: string,
  at: number,
  section: string,
  variables: Variables,
): Piece | { why: string; hint?: string } {
  reference.lastIndex = at;
  const match = reference.exec(raw);
  if (!match) return { why: 'a "$" without a name behind it', hint: 'write \\$ for the character itself' };
  const [whole, braced, bracedName, brace, round, roundName, bracket, plain, plainName] = match;
  if ((braced !== undefined && !brace) || (round !== undefined && !bracket))
    return { why: 'the bracket of a variable is not closed' };
  const first = braced ?? round ?? plain ?? '';
  const second = bracedName ?? roundName ?? plainName;
  const [from, name] = second === undefined ? [section, first] : [first, second];
  if (from === 'ENV')
    return {
      why: `$ENV::${name} is refused: a certificate must not depend on the environment`,
      hint: 'write the value',
    };
  const text = variables(from, name) ?? variables('default', name);
  return text === undefined
    ? { why: `the variable ${whole} has no value above this line` }
    : { text, length: whole.length };
}

/** OpenSSL's longest value. */
const longest = 65_536;

/** Resolves quotes, escapes and variables of a raw value, as OpenSSL's `str_copy` does. */
export function expand(raw: string, section: string, variables: Variables): Expanded {
  let value = '';
  let at = 0;
  while (at < raw.length) {
    const character = raw[at] ?? '';
    let piece: Piece | { why: string; hint?: string } = { text: character, length: 1 };
    if (quotes.has(character)) piece = quoted(raw, at);
    else if (character === '\\') piece = { text: escapes[raw[at + 1] ?? ''] ?? raw[at + 1] ?? '', length: 2 };
    else if (character === '$') piece = variable(raw, at, section, variables);
    if ('why' in piece) return { ...piece, at };
    value += piece.text;
    if (value.length > longest) return { why: 'the value is longer than OpenSSL takes (65,536 characters)', at };
    at += piece.length;
  }
  return { value };
}

/** Where a comment begins in a line, or its length: a `#` that is neither quoted nor escaped. */
export function commentStart(text: string): number {
  let at = 0;
  while (at < text.length && text[at] !== '#') {
    const character = text[at] ?? '';
    if (quotes.has(character)) at += quoted(text, at).length;
    else at += character === '\\' ? 2 : 1;
  }
  return Math.min(at, text.length);
}

/**
 * A value written so that OpenSSL reads it back as it is.
 * As it stands where nothing in it is special, else in double quotes, in which a `$` is only a `$`.
 */
export function writeValue(value: string): string {
  if (/^[^\s"'`\\#$](?:[^"'`\\#$\t\r\n]*[^\s"'`\\#$])?$/.test(value)) return value;
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}
