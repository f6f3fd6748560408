import { createHmac, randomBytes } from 'node:crypto';

/** A name as ssh files it under HashKnownHosts. */
export function hashed(name: string): string {
  const salt = randomBytes(20);
  return `|1|${salt.toString('base64')}|${createHmac('sha1', salt).update(name).digest('base64')}`;
}
