/** What a host said, safe for a message: one line, nothing that moves a cursor. */
export function plain(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);
}

/** The last line of what was printed: there programs say why they end. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

/** The first line of the first bytes that came. */
export function firstLine(bytes: Buffer): string {
  return plain(bytes.toString('latin1').split('\n')[0] ?? '').slice(0, 60);
}

/** Enough for a choice of second factors (Duo lists them), and no more than a screen holds. */
const mostLines = 12;
const longestLine = 200;

/** What a host says to a person, line by line and of bounded length; whoever shows it has to make it inert. */
export function saidLines(text: string): readonly string[] {
  const lines = text
    .slice(-mostLines * longestLine)
    .trim()
    .split(/\s*\r?\n|\r/);
  // What is asked stands at the end.
  return lines[0] === '' ? [] : lines.slice(-mostLines).map((line) => line.slice(0, longestLine));
}

/** A span of time for a message. */
export const seconds = (milliseconds: number) => `${Number((milliseconds / 1000).toFixed(1))} s`;
