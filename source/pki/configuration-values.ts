import { UserError } from '../plan/failure.ts';
import { refuseAt } from './configuration-lines.ts';
import { type Configuration, type Entry, entriesOf, lookUp, sectionNames } from './configuration-tree.ts';
import { dnsName, ipAddress, repeated, unique } from './names.ts';
import { bitsNamed, bitsTrouble, type Digest, digestNamed, digestTrouble } from './strength.ts';
import { attributeNamed, type Subject, subjectEntry } from './subject.ts';

/** What certificate.conf says, checked: the server's subject and names, the key size in bits and the digest. */
export type CertificateValues = {
  readonly subject: Subject;
  /** DNS names as A-labels and IP addresses in their normal form, in the file's order, each once. */
  readonly dns: readonly string[];
  readonly ips: readonly string[];
  /** Names and addresses that stand there more than once. */
  readonly repeated: readonly string[];
  readonly bits: number;
  readonly digest: Digest;
};

/** OpenSSL's own default. */
const defaultBits = 2048;

/** Runs a check on an entry's value; what it refuses is reported with the entry's line and column. */
function checked<T>(configuration: Configuration, entry: Entry, check: (value: string) => T): T {
  try {
    return check(entry.value);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { why, hint } = error.failure;
    refuseAt(configuration.file, entry.line, entry.column, `${entry.key}: ${why}`, hint);
  }
}

/** The attribute type of a [dn] key, its counting prefix ("1.OU") removed as OpenSSL does. */
export function subjectType(key: string): string {
  const type = /^[^.,]*[.,](.+)$/.exec(key)?.[1] ?? key;
  return attributeNamed(type)?.type ?? type;
}

function readSubject(configuration: Configuration, section: string): Subject {
  return entriesOf(configuration, section).map((entry) =>
    checked(configuration, entry, (value) => subjectEntry(subjectType(entry.key), value)),
  );
}

/** Whether an entry of [alt_names] is a DNS name or an address, by its key's part before the dot. */
export function alternativeKind(key: string): string {
  return key.split('.', 1)[0] ?? key;
}

function readAlternatives(configuration: Configuration, section: string): { dns: string[]; ips: string[] } {
  const found = { dns: [] as string[], ips: [] as string[] };
  for (const entry of entriesOf(configuration, section)) {
    const kind = alternativeKind(entry.key);
    if (kind === 'DNS') found.dns.push(checked(configuration, entry, dnsName));
    else if (kind === 'IP') found.ips.push(checked(configuration, entry, ipAddress));
    else {
      const why = `${entry.key}: a server is named by DNS.n and IP.n only`;
      refuseAt(configuration.file, entry.line, entry.column, why);
    }
  }
  return found;
}

function readBits(configuration: Configuration): number {
  const entry = lookUp(configuration, 'req', 'default_bits');
  if (!entry) return defaultBits;
  return bitsNamed(entry.value) ?? refuseAt(configuration.file, entry.line, entry.column, bitsTrouble(entry.value));
}

function readDigest(configuration: Configuration): Digest {
  const entry = lookUp(configuration, 'req', 'default_md');
  if (!entry) return 'sha256';
  return digestNamed(entry.value) ?? refuseAt(configuration.file, entry.line, entry.column, digestTrouble(entry.value));
}

/**
 * What certificate.conf says, checked as far as a certificate depends on it.
 * @throws UserError (2) with file:line:column: bits below 2048, md5 and sha1, names and attributes that are not valid,
 * `prompt` other than no (then [dn] holds questions), no subject, no name.
 */
export function certificateValues(configuration: Configuration): CertificateValues {
  const names = sectionNames(configuration);
  const endOf = (section: string) => entriesOf(configuration, section).at(-1)?.line ?? 1;
  const prompt = lookUp(configuration, 'req', 'prompt');
  if (prompt?.value !== 'no') {
    const why = `without "prompt = no" the section [${names.subject}] holds questions, not values`;
    refuseAt(configuration.file, prompt?.line ?? endOf('req'), prompt?.column ?? 1, why, 'add "prompt = no" to [req]');
  }
  const subject = readSubject(configuration, names.subject);
  if (subject.length === 0)
    refuseAt(configuration.file, endOf('req'), 1, `the section [${names.subject}] is empty: the server has no subject`);
  const { dns, ips } = readAlternatives(configuration, names.alternatives);
  if (dns.length + ips.length === 0)
    refuseAt(configuration.file, endOf(names.subject), 1, `the section [${names.alternatives}] names no server`);
  return {
    subject,
    dns: unique(dns),
    ips: unique(ips),
    repeated: repeated([...dns, ...ips]),
    bits: readBits(configuration),
    digest: readDigest(configuration),
  };
}
