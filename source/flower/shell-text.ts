/** Text that stands among a shell's lines and must never become one of its commands. */

/** What a shell skips. A line break would end it, and the rest of the text would be run. */
export function comment(text: string): string {
  return `# ${text.replace(/\p{Cc}+/gu, ' ')}`;
}

/** A redirection from text, taken as it is; it always ends in a line break. */
export function hereDocument(text: string): string {
  const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  const lines = new Set(whole.split('\n'));
  let end = 'END';
  while (lines.has(end)) end += '_';
  return `<<'${end}'\n${whole}${end}`;
}
