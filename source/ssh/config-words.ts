/** The words of a line of ssh_config(5), cut as OpenSSH's own readers cut them (misc.c: strdelim, argv_split). */

/** A line that says something. */
export type Directive = {
  /** In small letters. */
  readonly keyword: string;
  /** All behind the keyword, as it stands there: some values are taken whole. */
  readonly rest: string;
  readonly words: readonly string[];
};

/**
 * Takes a line apart; nothing for an empty line or a comment.
 * @returns for a line that ssh refuses, why
 */
export function readDirective(line: string): Directive | { readonly problem: string } | undefined {
  const trimmed = line.replace(/[ \t\r\n\f]+$/, '');
  let [keyword, rest] = nextWord(trimmed);
  if (keyword === '') [keyword, rest] = nextWord(rest);
  if (!keyword || keyword.startsWith('#')) return undefined;
  const value = (rest ?? '').replace(/^[ \t\r\n]+/, '');
  if (value === '') return { problem: `${keyword} has no value` };
  const words = splitWords(value);
  return words ? { keyword: keyword.toLowerCase(), rest: value, words } : { problem: 'a quote is not closed' };
}

/** The next word, which ends at white space or one `=` or is in double quotes, and what is left behind it. */
export function nextWord(text: string | undefined): readonly [word: string | undefined, rest: string | undefined] {
  const end = text?.search(/[ \t\r\n"=]/) ?? -1;
  if (text === undefined || end === -1) return [text, undefined];
  if (text[end] === '"') {
    const close = text.indexOf('"', end + 1);
    if (close === -1) return [undefined, undefined];
    return [text.slice(0, end) + text.slice(end + 1, close), text.slice(close + 1).replace(/^[ \t\r\n]+/, '')];
  }
  const behind = text.slice(end + 1).replace(/^[ \t\r\n]+/, '');
  return [text.slice(0, end), text[end] === '=' ? behind : behind.replace(/^=[ \t\r\n]*/, '')];
}

/** The words up to a comment, without quotes and escapes; nothing where a quote is not closed. */
export function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  for (let at = 0; at < text.length; ) {
    if (isBlank(text[at])) at++;
    else if (text[at] === '#') break;
    else {
      const read = readWord(text, at);
      if (!read) return undefined;
      words.push(read.word);
      at = read.end;
    }
  }
  return words;
}

const isBlank = (character: string | undefined) => character === ' ' || character === '\t';

function readWord(text: string, from: number): { readonly word: string; readonly end: number } | undefined {
  let word = '';
  let quote = '';
  let at = from;
  for (; at < text.length && (quote !== '' || !isBlank(text[at])); at++) {
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    // Other backslashes stand for themselves, as in a path of another system.
    if (character === '\\' && next !== '' && (`'"\\`.includes(next) || (next === ' ' && quote === ''))) {
      word += next;
      at++;
    } else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (quote !== '' && character === quote) quote = '';
    else word += character;
  }
  return quote === '' ? { word, end: at } : undefined;
}
