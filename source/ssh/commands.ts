/** Words that every POSIX shell reads as themselves; they stay readable in `--show-commands`. */
const plain = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/;

/**
 * One word as a POSIX shell reads it back unchanged (POSIX.1-2017, XCU 2.2.2: nothing is special between
 * single quotes but the single quote itself).
 * @throws RangeError for a NUL, which no argument of a process can hold
 */
export function quoteWord(word: string): string {
  if (word.includes('\0')) throw new RangeError('a word of a command cannot hold a NUL');
  if (plain.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * An argument list as one line for `/bin/sh -c`. SSH carries a command as one string, so this is where words
 * become that string, once; nothing else in the program joins words.
 * @throws RangeError for a NUL in a word
 */
export function quote(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}
