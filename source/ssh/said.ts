/** What a host said, safe for a message: one line, nothing that moves a cursor. */
export function plain(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);
}

/** The first line of the first bytes that came. */
export function firstLine(bytes: Buffer): string {
  return plain(bytes.toString('latin1').split('\n')[0] ?? '').slice(0, 60);
}
