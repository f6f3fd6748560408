import { createHash } from 'node:crypto';

/** SHA-256, hex, lower case: of a file's content, a key's public half, a certificate's DER. */
export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}
