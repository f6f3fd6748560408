import { exit, type Failure, UserError } from '../plan/failure.ts';
import { quoteWord } from './commands.ts';
import { fingerprint, type KnownKey } from './known-hosts.ts';

/** The errors (exit 4) of one host's key, in which each says what was shown. */
export class Refusals {
  readonly #host: string;
  readonly #name: string;
  readonly #shown: string;
  readonly #fingerprint: string;
  readonly #byHand: string;

  /**
   * @param host the host that is connected to
   * @param name this one, which may be on the way there
   */
  constructor(host: string, name: string, keyType: string, blob: Buffer) {
    this.#host = host;
    this.#name = name;
    this.#fingerprint = fingerprint(blob);
    // hostKey is the host's own: one on the way is known by known_hosts alone.
    this.#byHand =
      host === name
        ? `write hostKey: "${this.#fingerprint}" under its ssh: in fl-network.yaml`
        : 'log in to it once with ssh';
    this.#shown = `${this.#fingerprint} (${keyType})`;
  }

  #refuse(why: string, hint: string, more: Pick<Failure, 'asks'> = {}): UserError {
    const doing = `Checking the host key of ${this.#name}`;
    return new UserError({ exitCode: exit.connection, host: this.#host, doing, why, hint, ...more });
  }

  notPinned(expected: string): UserError {
    return this.#refuse(
      `it shows ${this.#shown}, but fl-network.yaml expects ${expected}: another host answers there, or its key was changed`,
      'find out which; if the key was changed on purpose, put the new fingerprint into hostKey: in fl-network.yaml',
    );
  }

  revoked({ blob, place, keyType }: KnownKey): UserError {
    const own = fingerprint(blob) === this.#fingerprint;
    const which = own ? 'which' : `and a certificate with ${fingerprint(blob)} (${keyType}), which`;
    return this.#refuse(
      `it shows ${this.#shown}, ${which} is marked @revoked in ${place}`,
      'do not connect; ask who runs the host',
    );
  }

  /** @param lookedUp the name in known_hosts */
  changed(keys: readonly KnownKey[], lookedUp: string, note: string): UserError {
    const first = keys.filter(({ blob }, index) => index === keys.findIndex((other) => other.blob.equals(blob)));
    const known = first.map(({ blob, place }) => `${fingerprint(blob)} (${place})`);
    const files = [...new Set(keys.map(({ file }) => file))];
    const commands = files.map((file) => `ssh-keygen -R ${quoteWord(lookedUp)} -f ${quoteWord(file)}`);
    return this.#refuse(
      `it shows ${this.#shown}, but the known one is ${known.join(' or ')}: another host answers there, or its key was changed${continued(note)}`,
      `find out which; if the key was changed on purpose, remove the old one: ${commands.join('; ')}`,
    );
  }

  /** @param problem one sentence about its certificate */
  badCertificate(problem: string): UserError {
    return this.#refuse(
      `it shows ${this.#shown}, and ${problem}`,
      `have its certificate renewed; to trust this very key, ${this.#byHand}`,
    );
  }

  /** @param attended whether somebody is there, who is asked about it once more by trying again */
  unknown(note: string, attended = false): UserError {
    const ways = [...(attended ? ['try again and say yes'] : []), 'use --accept-new-host-keys', this.#byHand];
    return this.#refuse(
      `its key is not known yet: ${this.#shown}${continued(note)}`,
      // A way a line, where there are lines.
      ["compare it with the host's own, then", ...ways.map((way, at) => (at === 0 ? way : `or ${way}`))].join('\n'),
      { asks: 'host-key' },
    );
  }
}

function continued(note: string): string {
  return note === '' ? '' : `; ${note}`;
}
