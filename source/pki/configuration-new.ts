import { exit, UserError } from '../plan/failure.ts';
import { writeValue } from './configuration-expand.ts';
import { dnsName, ipAddress } from './names.ts';
import { bitsNamed, bitsTrouble, digestNamed, digestTrouble } from './strength.ts';
import { type Subject, subjectEntry } from './subject.ts';

/** What fl-network.yaml knows of certificate.conf. */
export type NetworkValues = {
  readonly subject: Subject;
  readonly dns: readonly string[];
  readonly ips: readonly string[];
  /** Left out: what the file says stays, 2048 in a new one. */
  readonly bits?: number;
  /** Left out: what the file says stays, sha256 in a new one. */
  readonly digest?: string;
  /** The kind of the server's key, which decides its keyUsage in [v3_server]; rsa where left out. */
  readonly algorithm?: 'rsa' | 'ec';
};

function refuse(why: string): never {
  throw new UserError({ exitCode: exit.invalid, doing: 'Writing certificate.conf', why });
}

/** The values as they are written: attribute types short, names as A-labels, each once. */
export function normalValues(values: NetworkValues): NetworkValues {
  const dns = [...new Set(values.dns.map(dnsName))];
  const ips = [...new Set(values.ips.map(ipAddress))];
  if (dns.length + ips.length === 0) refuse('the server has neither a name nor an address');
  if (values.subject.length === 0) refuse('the server has no subject');
  const { bits, digest } = values;
  if (bits !== undefined && !bitsNamed(String(bits))) refuse(bitsTrouble(String(bits)));
  if (digest !== undefined && !digestNamed(digest)) refuse(digestTrouble(digest));
  return { ...values, subject: values.subject.map(([type, value]) => subjectEntry(type, value)), dns, ips };
}

/** OpenSSL reads values as Latin-1 unless it is told otherwise. */
export function needsUtf8(subject: Subject): boolean {
  return subject.some(([, value]) => /[^\0-\x7f]/.test(value));
}

/** The lines of a subject; a type that comes again gets the counting prefix, since a key stands once in a section. */
export function subjectLines(subject: Subject): string[] {
  const seen = new Map<string, number>();
  return subject.map(([type, value]) => {
    const count = (seen.get(type) ?? 0) + 1;
    seen.set(type, count);
    return `${count > 1 ? `${count}.` : ''}${type} = ${writeValue(value)}`;
  });
}

/** The sections from which plain openssl makes the wizard's profile, by name. */
export function profileSections(
  algorithm: 'rsa' | 'ec' = 'rsa',
  alternatives = 'alt_names',
): ReadonlyMap<string, readonly string[]> {
  // keyEncipherment is for RSA key exchange, which an EC key can't do.
  const serverUsage = algorithm === 'rsa' ? 'digitalSignature,keyEncipherment' : 'digitalSignature';
  const leaf = (usage: string, extended: string) => [
    'basicConstraints = critical,CA:FALSE',
    `keyUsage = critical,${usage}`,
    `extendedKeyUsage = ${extended}`,
    'subjectKeyIdentifier = hash',
    'authorityKeyIdentifier = keyid',
  ];
  return new Map([
    [
      'v3_ca',
      [
        'basicConstraints = critical,CA:TRUE,pathlen:0',
        'keyUsage = critical,keyCertSign,cRLSign',
        'subjectKeyIdentifier = hash',
      ],
    ],
    ['v3_server', [...leaf(serverUsage, 'serverAuth'), `subjectAltName = @${alternatives}`]],
    // The one subjectAltName of a client differs from client to client, so it is appended when a client is signed.
    ['v3_client', leaf('digitalSignature', 'clientAuth')],
  ]);
}

/** One section as it is written: its heading and its lines. */
export function sectionText(name: string, lines: readonly string[]): string {
  return `[${name}]\n${lines.map((line) => `${line}\n`).join('')}`;
}

/**
 * A new certificate.conf: the tutorial's four sections, and below them the profile for people who have only openssl.
 * @throws UserError (2) for values that no certificate can hold.
 */
export function newConfiguration(values: NetworkValues): string {
  const { subject, dns, ips, bits = 2048, digest = 'sha256', algorithm } = normalValues(values);
  const request = [
    `default_bits = ${bits}`,
    'encrypt_key = no',
    'default_keyfile = FLServer.key',
    `default_md = ${digest}`,
    'prompt = no',
    'req_extensions = req_ext',
    'distinguished_name = dn',
    ...(needsUtf8(subject) ? ['utf8 = yes'] : []),
  ];
  const extensions = ['basicConstraints = CA:FALSE', 'subjectAltName = @alt_names', 'subjectKeyIdentifier = hash'];
  const names = [
    ...dns.map((name, index) => `DNS.${index + 1} = ${name}`),
    ...ips.map((ip, index) => `IP.${index + 1} = ${ip}`),
  ];
  const sections: [string, readonly string[]][] = [
    ['req', request],
    ['dn', subjectLines(subject)],
    ['req_ext', extensions],
    ['alt_names', names],
    ...profileSections(algorithm),
  ];
  return sections.map(([name, lines]) => sectionText(name, lines)).join('\n');
}
