/** One-time codes as a phone shows them (RFC 6238), and the file by which pam_google_authenticator checks them. */
import { createHmac, randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether a host can be made to ask for codes. */
export const hasAuthenticator = existsSync('/usr/bin/google-authenticator');

const seconds = 30;
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** A shared secret: in a home folder, where the host looks for it, and as the codes that follow from it. */
export class Authenticator {
  readonly #secret = randomBytes(20);
  #used = 0;

  /** A code is taken once: where it was used, that of the next half minute is taken as well. */
  code(): string {
    const now = Math.floor(Date.now() / 1000 / seconds);
    this.#used = Math.max(now, this.#used + 1);
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(this.#used));
    const digest = createHmac('sha1', this.#secret).update(counter).digest();
    const at = (digest.at(-1) ?? 0) & 15;
    return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
  }

  install(home: string, user: number): void {
    const bits = [...this.#secret].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    const secret = (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)]).join('');
    const file = join(home, '.google_authenticator');
    // The window is wide enough for as many codes as tests take.
    writeFileSync(file, `${secret}\n" WINDOW_SIZE 40\n" DISALLOW_REUSE\n" TOTP_AUTH\n`);
    chmodSync(file, 0o600);
    chownSync(file, user, user);
  }
}
