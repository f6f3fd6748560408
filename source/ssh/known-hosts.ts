import { createHash } from 'node:crypto';
import { certificateType, parseCertificate } from './host-certificate.ts';
import { lowerCase, namesMatch } from './name-matcher.ts';
import { parsePublicKey } from './public-key.ts';

/** A key that a known_hosts file names for a host (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export type KnownKey = {
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  readonly keyType: string;
  readonly blob: Buffer;
  /** Where it stands: `/home/me/.ssh/known_hosts:12`. */
  readonly place: string;
  readonly file: string;
};

/** A known_hosts file, read anew for each host: it may be long, and only a few of its lines are for one host. */
export type KnownHosts = {
  readonly file: string;
  /** Its lines, in order, in batches of any size. */
  batches(): AsyncIterable<readonly string[]> | Iterable<readonly string[]>;
};

/** The names under which a host is looked up. */
export type HostNames = {
  /** With the port, where it isn't 22. */
  readonly own: string;
  /** Without: what OpenSSH tries where it knows nothing under the first. */
  readonly plain?: string;
};

/** What all files know about one host, by the name that the line was found by. */
export type KnownKeys = { readonly own: readonly KnownKey[]; readonly plain: readonly KnownKey[] };

const defaultPort = 22;

/** The name under which OpenSSH files a host: the address, and the port where it isn't 22. */
export function knownName(address: string, port: number): string {
  const name = lowerCase(address);
  return port === defaultPort ? name : `[${name}]:${port}`;
}

/** A key's fingerprint as OpenSSH prints it: `SHA256:` and base64 without padding. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** The key type that a public key blob names itself (RFC 4253, 6.6), or `undefined` where it is no such blob. */
export function blobType(blob: Buffer): string | undefined {
  if (blob.length < 4) return undefined;
  const length = blob.readUInt32BE(0);
  if (length === 0 || length > 64 || blob.length < 4 + length) return undefined;
  return blob.toString('latin1', 4, 4 + length);
}

/** A line for a known_hosts file, without a line break at its end. */
export function knownHostsLine(address: string, port: number, blob: Buffer): string {
  return `${knownName(address, port)} ${blobType(blob) ?? 'unknown'} ${blob.toString('base64')}`;
}

/** Whether a name can stand in a file: one that would be a pattern, a list or a hash there is for other hosts too. */
export function isPlainName(address: string): boolean {
  return !/[@?*#[\]|'"\\!,\s]/.test(address);
}

/** A known_hosts file whose text is at hand. */
export function parseKnownHosts(text: string, file = 'known_hosts'): KnownHosts {
  return { file, batches: () => [text.split('\n')] };
}

/**
 * The keys that the files name for a host. Lines that OpenSSH would skip (comments, unknown markers, broken base64,
 * what is no key, or none of the type it says) are left out.
 */
export async function findKeys(files: readonly KnownHosts[], names: HostNames): Promise<KnownKeys> {
  const own: KnownKey[] = [];
  const plain: KnownKey[] = [];
  const [ownName, plainName] = [asBytes(names.own), asBytes(names.plain ?? '')];
  for (const known of files) {
    let number = 0;
    for await (const batch of known.batches()) {
      for (const text of batch) {
        number++;
        const line = splitLine(text);
        if (!line) continue;
        const isOwn = namesMatch(line.names, ownName);
        const isPlain = names.plain !== undefined && namesMatch(line.names, plainName);
        const key = isOwn || isPlain ? readKey(line) : undefined;
        if (!key) continue;
        const found = { marker: line.marker, ...key, place: `${known.file}:${number}`, file: known.file };
        if (isOwn) own.push(found);
        if (isPlain) plain.push(found);
      }
    }
  }
  return { own, plain };
}

/** Files are read byte by byte; so a name is seen too, where it isn't ASCII. */
function asBytes(name: string): string {
  return Buffer.from(name).toString('latin1');
}

type Line = Pick<KnownKey, 'marker'> & { readonly names: string; readonly key: string };

const blanks = /^[ \t]+/;
/** OpenSSH looks for a space after the marker before it looks for a tab, and a marker with more in it is none. */
const markerPattern = /^@(?<word>[^ ]*) |^@(?<tabbed>[^ \t]*)\t(?=[^ ]*$)/;

function splitLine(text: string): Line | undefined {
  // C's strings end at a zero.
  let rest = (text.split('\0', 1)[0] ?? '').replace(blanks, '');
  if (rest === '' || rest.startsWith('#')) return undefined;
  let marker: KnownKey['marker'] = 'none';
  if (rest.startsWith('@')) {
    const match = markerPattern.exec(rest);
    const word = match?.groups?.word ?? match?.groups?.tabbed;
    if (!match || (word !== 'revoked' && word !== 'cert-authority')) return undefined;
    marker = word;
    rest = rest.slice(match[0].length).replace(blanks, '');
    if (rest.startsWith('@')) return undefined;
  }
  const end = rest.search(/[ \t]/);
  return end <= 0 ? undefined : { marker, names: rest.slice(0, end), key: rest.slice(end).replace(blanks, '') };
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Other names of one key, and what OpenSSH therefore takes for it (RFC 8332). */
const rsaAlgorithms = ['rsa-sha2-256', 'rsa-sha2-512'];

/** The key behind the names. A revoked certificate stands for its key. */
function readKey({ marker, key }: Line): { keyType: string; blob: Buffer } | undefined {
  const [written = '', encoded = ''] = key.split(/[ \t]+/, 2);
  // Line breaks of DOS stand at the end of the key, where base64 may have blanks.
  const text = encoded.replace(/[\r\v\f]/g, '');
  if (!base64.test(text)) return undefined;
  const blob = Buffer.from(text, 'base64');
  const type = rsaAlgorithms.includes(written) ? 'ssh-rsa' : written;
  if (blobType(blob) !== type) return undefined;
  const plain = parsePublicKey(blob);
  if (plain) return { keyType: plain.type, blob };
  const parsed = parseCertificate(blob);
  if (!('certificate' in parsed)) return undefined;
  const certified = parsed.certificate.key;
  return marker === 'none'
    ? { keyType: certificateType(certified.type), blob }
    : { keyType: certified.type, blob: certified.blob };
}
