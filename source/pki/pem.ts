/** DER as PEM (RFC 7468): lines of 64 characters, a line break at the end. */
export function pemText(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** The DER in the first block of a PEM text with one of the labels; undefined where there is none. */
export function pemBytes(text: string, ...labels: readonly string[]): Buffer | undefined {
  const block = new RegExp(`-----BEGIN (?:${labels.join('|')})-----([A-Za-z0-9+/=\\s]*)-----END`).exec(text)?.[1];
  return block === undefined ? undefined : Buffer.from(block, 'base64');
}
