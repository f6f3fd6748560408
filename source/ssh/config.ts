import { isAddress, usualAddress } from './address.ts';
import type { SshConfig } from './config-file.ts';
import { type Keyword, unsupported, wholeLine } from './config-keywords.ts';
import { expandHost, isNone, Pass, unusable, type Values, type Wanted } from './config-pass.ts';

/** What ~/.ssh/config says about a host, its tokens and `~` as they stand there. */
export type ConfigValues = {
  /** The name or address to dial, in small letters. */
  readonly address: string;
  /** The value of a keyword, or the first of its values. */
  first(keyword: Keyword): string | undefined;
  all(keyword: Keyword): readonly string[];
};

/**
 * What ssh_config(5) text says about a host, decided as `ssh -G` does. Nothing in it is run, and no name looked up.
 * @throws UserError (exit 2) for what ssh refuses, and for what it would do and we don't
 */
export function readConfig(config: SshConfig, wanted: Wanted): ConfigValues {
  const values: Values = new Map(wanted.user === undefined ? [] : [['user', [wanted.user]]]);
  if (wanted.wayGiven) for (const keyword of wholeLine) values.set(keyword, ['none']);
  const asksForFinal = new Pass(config, wanted, values, undefined).read();
  const address = addressOf(values, wanted.host);
  const canonicalizes = !isNo(values.get('canonicalizehostname')?.[0]);
  if (canonicalizes && looksUp(values, address))
    throw unusable(wanted.host, `CanonicalizeHostname would look up ${address}, which fl-wizard does not`);
  if (asksForFinal || canonicalizes) new Pass(config, wanted, values, address).read();
  for (const [keyword, { unless, why }] of Object.entries(unsupported)) {
    const value = values.get(keyword)?.[0];
    if (value !== undefined && value.toLowerCase() !== unless) throw unusable(wanted.host, `${keyword}: ${why}`);
  }
  return {
    address,
    first: (keyword) => values.get(keyword)?.[0],
    all: (keyword) => values.get(keyword) ?? [],
  };
}

function addressOf(values: Values, host: string): string {
  const hostName = values.get('hostname')?.[0];
  const name = hostName === undefined ? host : expandHost(hostName, host);
  return usualAddress(name.replace(/^\[(.*)\]$/, '$1'));
}

/** Nothing said is a no. */
export function isNo(value: string | undefined): boolean {
  return value === undefined || /^(no|false)$/i.test(value);
}

/** Whether CanonicalizeHostname would ask the DNS (ssh.c, resolve_canonicalize). */
function looksUp(values: Values, address: string): boolean {
  const direct = wholeLine.every((keyword) => isNone(values.get(keyword)?.[0] ?? 'none'));
  const always = values.get('canonicalizehostname')?.[0]?.toLowerCase() === 'always';
  if (isAddress(address) || !(direct || always)) return false;
  const names = values.get('canonicalizepermittedcnames')?.[0] ?? 'none';
  const dots = address.split('.').length - 1;
  const most = Number(values.get('canonicalizemaxdots')?.[0] ?? 1);
  const domain = values.get('canonicaldomains')?.[0] ?? 'none';
  return address.endsWith('.') || !isNone(names) || (dots <= most && !isNone(domain));
}
