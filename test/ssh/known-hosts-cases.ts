/** Hosts, and lines of known_hosts about them: what the table of known-hosts-table.adapter.test.ts is made of. */
import type { Target } from '../../source/ssh/target.ts';
import { hashed } from './hashed.ts';
import { type CertificateOptions, makeKey, type TestKey } from './made-keys.ts';

const now = BigInt(Math.floor(Date.now() / 1000));
/** The names that the certificates are for, where a plan doesn't say otherwise. */
export const names = ['127.0.0.1', 'localhost', '::1', 'alias'];
const other = makeKey();
const otherRsa = makeKey('ssh-rsa');
/** Who certifies, where a plan doesn't say otherwise. */
export const ca = makeKey();
const otherCa = makeKey();
const authorities = {
  p256: makeKey('ecdsa-sha2-nistp256'),
  p384: makeKey('ecdsa-sha2-nistp384'),
  p521: makeKey('ecdsa-sha2-nistp521'),
  rsa: makeKey('ssh-rsa'),
  short: makeKey('ssh-rsa', 768),
};

type KeyKind = 'ed25519' | 'ecdsa' | 'rsa';
export type HostPlan = {
  readonly keys?: readonly KeyKind[];
  readonly certified?: KeyKind;
  readonly by?: TestKey;
  readonly certificate?: CertificateOptions;
};

/** The hosts: with which keys, and with what certificate for which of them. */
export const plans = {
  plain: { keys: ['ed25519', 'ecdsa', 'rsa'] },
  good: { certified: 'ed25519' },
  rsaOnly: { keys: ['ed25519', 'rsa'], certified: 'rsa' },
  ecdsaOnly: { keys: ['rsa', 'ecdsa'], certified: 'ecdsa' },
  byP256: { certified: 'ed25519', by: authorities.p256 },
  byP384: { certified: 'ed25519', by: authorities.p384 },
  byP521: { certified: 'ed25519', by: authorities.p521 },
  byRsa512: { certified: 'ed25519', by: authorities.rsa },
  byRsa256: { certified: 'ed25519', by: authorities.rsa, certificate: { algorithm: 'rsa-sha2-256' } },
  bySha1: { certified: 'ed25519', by: authorities.rsa, certificate: { algorithm: 'ssh-rsa' } },
  expired: { certified: 'ed25519', certificate: { validBefore: now - 60n } },
  future: { certified: 'ed25519', certificate: { validAfter: now + 3600n } },
  within: { certified: 'ed25519', certificate: { validAfter: now - 60n, validBefore: now + 3600n } },
  stranger: { certified: 'ed25519', certificate: { principals: ['127.0.0.2', '[127.0.0.1]:22', 'LOCALHOST'] } },
  user: { certified: 'ed25519', certificate: { kind: 1 } },
  critical: { certified: 'ed25519', certificate: { options: ['force-command', 'true'] } },
} as const satisfies Record<string, HostPlan>;
type HostName = keyof typeof plans;

const long = `${Array.from({ length: 9000 }, (_, index) => `host${index}`).join(',')},`;

/** What a case is written with: the host's name and its public keys as lines. */
type At = {
  readonly name: string;
  readonly port: number;
  readonly ed25519: string;
  readonly ecdsa: string;
  readonly rsa: string;
};
type Case = readonly [
  what: string,
  host: HostName,
  text: (at: At) => string | readonly [string, string],
  target?: Partial<Pick<Target, 'address' | 'hostKeyAlias'>>,
];
const caLine = (key: TestKey = ca) => `@cert-authority * ${key.line}`;
const base64 = (line: string) => line.split(' ')[1] ?? '';

export const cases: readonly Case[] = [
  ['nothing', 'plain', () => ''],
  ['the name and port', 'plain', (at) => `${at.name} ${at.ed25519}`],
  ['another key', 'plain', (at) => `${at.name} ${other.line}`],
  ['the plain name for another port', 'plain', (at) => `127.0.0.1 ${at.ed25519}`],
  ['another key under the plain name', 'plain', () => `127.0.0.1 ${other.line}`],
  ['the plain name, of another type only', 'plain', (at) => `127.0.0.1 ${at.rsa}`],
  ['the plain name right, the own one wrong', 'plain', (at) => `127.0.0.1 ${at.ed25519}\n${at.name} ${other.line}`],
  ['the plain name wrong, the own one right', 'plain', (at) => `127.0.0.1 ${other.line}\n${at.name} ${at.ed25519}`],
  [
    'the own name garbage, the plain one right',
    'plain',
    (at) => `${at.name} ssh-ed25519 AAAA\n127.0.0.1 ${at.ed25519}`,
  ],
  ['another port', 'plain', (at) => `[127.0.0.1]:1 ${at.ed25519}`],
  ['the name in brackets at port 22', 'plain', (at) => `[127.0.0.1]:22 ${at.ed25519}`],
  ['ECDSA only', 'plain', (at) => `${at.name} ${at.ecdsa}`],
  ['RSA only', 'plain', (at) => `${at.name} ${at.rsa}`],
  ['RSA by the name of an algorithm', 'plain', (at) => `${at.name} rsa-sha2-512 ${base64(at.rsa)}`],
  ['another key of another type only', 'plain', (at) => `${at.name} ${otherRsa.line}`],
  [
    'several keys, all right',
    'plain',
    (at) => [at.ed25519, at.ecdsa, at.rsa].map((key) => `${at.name} ${key}\n`).join(''),
  ],
  ['several keys, one of a type right', 'plain', (at) => `${at.name} ${other.line}\n${at.name} ${at.ed25519}`],
  ['several keys, one of another type right', 'plain', (at) => `${at.name} ${other.line}\n${at.name} ${at.rsa}`],
  ['several keys, all wrong', 'plain', (at) => `${at.name} ${other.line}\n${at.name} ${otherRsa.line}`],
  ['the same line twice', 'plain', (at) => `${at.name} ${at.ed25519}\n${at.name} ${at.ed25519}`],
  ['two files, contradicting', 'plain', (at) => [`${at.name} ${other.line}`, `${at.name} ${at.ed25519}`]],
  ['two files, both wrong', 'plain', (at) => [`${at.name} ${other.line}`, `${at.name} ${otherRsa.line}`]],
  ['two files, revoked in the second', 'plain', (at) => [`${at.name} ${at.ed25519}`, `@revoked * ${at.ed25519}`]],
  ['hashed', 'plain', (at) => `${hashed(at.name)} ${at.ed25519}`],
  ['hashed, the plain name', 'plain', (at) => `${hashed('127.0.0.1')} ${at.ed25519}`],
  ['hashed, another host', 'plain', (at) => `${hashed('127.0.0.2')} ${at.ed25519}`],
  ['hashed, another key', 'plain', (at) => `${hashed(at.name)} ${other.line}`],
  ['hashed and a name more', 'plain', (at) => `${hashed('x')},${at.name} ${at.ed25519}`],
  ['an unknown kind of hash and a name', 'plain', (at) => `|2|x,${at.name} ${at.ed25519}`],
  ['a broken hash', 'plain', (at) => `|1|!!|x ${at.ed25519}`],
  ['a star', 'plain', (at) => `* ${at.ed25519}`],
  ['a star in a name', 'plain', (at) => `[127.*]:${at.port} ${at.ed25519}`],
  ['question marks', 'plain', (at) => `[127.?.?.1]:* ${at.ed25519}`],
  ['a question mark too many', 'plain', (at) => `[127.0.0.1?]:* ${at.ed25519}`],
  ['negated', 'plain', (at) => `*,!${at.name} ${at.ed25519}`],
  ['negated first', 'plain', (at) => `!${at.name},* ${at.ed25519}`],
  ['negated for the plain name only', 'plain', (at) => `*,!127.0.0.1 ${at.ed25519}`],
  ['negated alone', 'plain', (at) => `!127.0.0.2 ${at.ed25519}`],
  ['several names', 'plain', (at) => `a,${at.name},b ${at.ed25519}`],
  ['several names with a blank', 'plain', (at) => `a, ${at.name} ${at.ed25519}`],
  ['empty names', 'plain', (at) => `,,${at.name}, ${at.ed25519}`],
  ['a very long line', 'plain', (at) => `${long}${at.name} ${at.ed25519}`],
  ['a very long name', 'plain', (at) => `${at.name},${'x'.repeat(1023)} ${at.ed25519}`],
  ['a name as long as may be', 'plain', (at) => `${at.name},${'x'.repeat(1022)} ${at.ed25519}`],
  ['a name in capitals', 'plain', (at) => `[LOCALHOST]:${at.port} ${at.ed25519}`, { address: 'localhost' }],
  ['a host in capitals', 'plain', (at) => `[localhost]:${at.port} ${at.ed25519}`, { address: 'LOCALHOST' }],
  [
    'a host in capitals, hashed',
    'plain',
    (at) => `${hashed(`[localhost]:${at.port}`)} ${at.ed25519}`,
    { address: 'LOCALHOST' },
  ],
  ['another name of the host', 'plain', (at) => `[127.0.0.1]:${at.port} ${at.ed25519}`, { address: 'localhost' }],
  ['IPv6', 'plain', (at) => `[::1]:${at.port} ${at.ed25519}`, { address: '::1' }],
  ['IPv6, the plain name', 'plain', (at) => `::1 ${at.ed25519}`, { address: '::1' }],
  ['IPv6, hashed', 'plain', (at) => `${hashed(`[::1]:${at.port}`)} ${at.ed25519}`, { address: '::1' }],
  ['IPv6, written otherwise', 'plain', (at) => `[0:0:0:0:0:0:0:1]:${at.port} ${at.ed25519}`, { address: '::1' }],
  ['an alias', 'plain', (at) => `alias ${at.ed25519}`, { hostKeyAlias: 'alias' }],
  ['an alias with a port', 'plain', (at) => `[alias]:${at.port} ${at.ed25519}`, { hostKeyAlias: 'alias' }],
  ['an alias, and the address instead', 'plain', (at) => `${at.name} ${at.ed25519}`, { hostKeyAlias: 'alias' }],
  ['an alias in capitals', 'plain', (at) => `alias ${at.ed25519}`, { hostKeyAlias: 'Alias' }],
  ['an alias in capitals, hashed', 'plain', (at) => `${hashed('alias')} ${at.ed25519}`, { hostKeyAlias: 'Alias' }],
  ['a comment', 'plain', (at) => `# ${at.name} ${at.ed25519}`],
  ['a comment behind the key', 'plain', (at) => `${at.name} ${at.ed25519} # me@here`],
  ['a comment for a key', 'plain', (at) => `${at.name} # ${at.ed25519}`],
  ['blanks before and after', 'plain', (at) => ` \t ${at.name}  ${at.ed25519}  \t`],
  ['tabs', 'plain', (at) => `${at.name}\t${at.ed25519.replaceAll(' ', '\t')}`],
  ['CRLF', 'plain', (at) => `# x\r\n\r\n${at.name} ${at.ed25519}\r\n`],
  ['CRLF without a comment', 'plain', (at) => `${at.name} ssh-ed25519 ${base64(at.ed25519)}\r\n`],
  ['CRLF and a wrong key', 'plain', (at) => `${at.name} ${other.line}\r\n`],
  ['line breaks of old Macs', 'plain', (at) => `# x\r${at.name} ${at.ed25519}\r`],
  ['no newline at the end', 'plain', (at) => `x ${other.line}\n${at.name} ${at.ed25519}`],
  ['a zero in the line', 'plain', (at) => `${at.name} ${at.ed25519}\0\n\0${at.name} ${at.ed25519}`],
  ['a byte order mark', 'plain', (at) => `\ufeff${at.name} ${at.ed25519}`],
  ['the name alone', 'plain', (at) => at.name],
  ['a key cut short', 'plain', (at) => `${at.name} ${at.ed25519.slice(0, 40)}`],
  [
    'a key cut short, and a whole one',
    'plain',
    (at) => `${at.name} ${at.ed25519.slice(0, 40)}\n127.0.0.1 ${at.ed25519}`,
  ],
  ['base64 garbage', 'plain', (at) => `${at.name} ssh-ed25519 %%%%\n127.0.0.1 ${at.ed25519}`],
  ['garbage behind base64', 'plain', (at) => `${at.name} ssh-ed25519 ${base64(at.ed25519)}=AAAA`],
  ['a key of another type than it says', 'plain', (at) => `${at.name} ssh-rsa ${base64(at.ed25519)}`],
  ['an unknown type', 'plain', (at) => `${at.name} ssh-new ${base64(at.ed25519)}\n127.0.0.1 ${at.ed25519}`],
  ['a point that is on no curve', 'plain', (at) => `${at.name} ${offCurve(at.ecdsa)}\n127.0.0.1 ${at.ed25519}`],
  ['an RSA key that is too short', 'plain', (at) => `${at.name} ${authorities.short.line}\n127.0.0.1 ${at.ed25519}`],
  ['SSH 1', 'plain', (at) => `${at.name} 1024 35 1234567890\n127.0.0.1 ${at.ed25519}`],
  ['an unknown marker', 'plain', (at) => `@trusted ${at.name} ${at.ed25519}`],
  ['a marker in capitals', 'plain', (at) => `@REVOKED * ${at.ed25519}\n${at.name} ${at.ed25519}`],
  ['two markers', 'plain', (at) => `@revoked @revoked * ${at.ed25519}\n${at.name} ${at.ed25519}`],
  ['a tab behind the marker', 'plain', (at) => `@revoked\t* ${at.ed25519}\n${at.name} ${at.ed25519}`],
  [
    'tabs only, and a marker',
    'plain',
    (at) => `@revoked\t*\t${at.ed25519.split(' ').slice(0, 2).join('\t')}\n${at.name} ${at.ed25519}`,
  ],
  ['revoked', 'plain', (at) => `@revoked * ${at.ed25519}\n${at.name} ${at.ed25519}`],
  ['revoked, before and after', 'plain', (at) => `${at.name} ${at.ed25519}\n@revoked ${at.name} ${at.ed25519}`],
  ['revoked, hashed', 'plain', (at) => `@revoked ${hashed(at.name)} ${at.ed25519}\n${at.name} ${at.ed25519}`],
  ['revoked, for another host', 'plain', (at) => `@revoked 127.0.0.2 ${at.ed25519}\n${at.name} ${at.ed25519}`],
  ['revoked under the plain name', 'plain', (at) => `@revoked 127.0.0.1 ${at.ed25519}\n${at.name} ${at.ed25519}`],
  [
    'revoked and known under the plain name',
    'plain',
    (at) => `@revoked 127.0.0.1 ${at.ed25519}\n127.0.0.1 ${at.ed25519}`,
  ],
  ['another key revoked', 'plain', (at) => `@revoked * ${other.line}\n${at.name} ${at.ed25519}`],
  ['the key of another type revoked', 'plain', (at) => `@revoked * ${at.ed25519}\n${at.name} ${at.rsa}`],
  ['revoked only', 'plain', () => `@revoked * ${other.line}`],
  ["a CA's line for a host without certificates", 'plain', () => caLine()],
  ["a CA's line with the host's own key", 'plain', (at) => `@cert-authority * ${at.ed25519}`],
  ["a CA's line beside the key", 'plain', (at) => `${caLine()}\n${at.name} ${at.ed25519}`],
  ["a CA's line beside another key", 'plain', (at) => `${caLine()}\n${at.name} ${other.line}`],

  ['a CA', 'good', () => caLine()],
  ['a CA by name and port', 'good', (at) => `@cert-authority ${at.name} ${ca.line}`],
  ['a CA by the plain name', 'good', () => `@cert-authority 127.0.0.1 ${ca.line}`],
  ['a CA by a list and a pattern', 'good', () => `@cert-authority x,[127.*]:* ${ca.line}`],
  ['a CA, hashed', 'good', (at) => `@cert-authority ${hashed(at.name)} ${ca.line}`],
  ['a CA, negated', 'good', (at) => `@cert-authority *,!${at.name},!127.0.0.1 ${ca.line}`],
  ['a CA for other hosts', 'good', () => `@cert-authority 10.* ${ca.line}`],
  ['another CA', 'good', () => caLine(otherCa)],
  ['two CAs', 'good', () => `${caLine(otherCa)}\n${caLine()}`],
  [
    'another CA by the own name, ours by the plain one',
    'good',
    (at) => `@cert-authority ${at.name} ${otherCa.line}\n@cert-authority 127.0.0.1 ${ca.line}`,
  ],
  ['a CA without its marker', 'good', () => `* ${ca.line}`],
  ['no CA, but the key', 'good', (at) => `${at.name} ${at.ed25519}`],
  ['another CA, but the key', 'good', (at) => `${caLine(otherCa)}\n${at.name} ${at.ed25519}`],
  ['a CA and another key', 'good', (at) => `${caLine()}\n${at.name} ${other.line}`],
  ['a CA in the other file', 'good', (at) => [`${at.name} ${other.line}`, caLine()]],
  ['a revoked CA', 'good', () => `${caLine()}\n@revoked * ${ca.line}`],
  ['a revoked CA, but the key', 'good', (at) => `@revoked * ${ca.line}\n${at.name} ${at.ed25519}`],
  ['a CA revoked elsewhere', 'good', () => `${caLine()}\n@revoked 10.* ${ca.line}`],
  ['another CA revoked', 'good', () => `${caLine()}\n@revoked * ${otherCa.line}`],
  ['a CA and its key revoked', 'good', (at) => `${caLine()}\n@revoked * ${at.ed25519}`],
  [
    'a CA revoked under the plain name',
    'good',
    (at) => `@cert-authority ${at.name} ${ca.line}\n@revoked 127.0.0.1 ${ca.line}`,
  ],
  [
    'a CA and revoked under the plain name',
    'good',
    () => `@cert-authority 127.0.0.1 ${ca.line}\n@revoked 127.0.0.1 ${ca.line}`,
  ],
  ['a CA, by another name of the host', 'good', () => caLine(), { address: 'LOCALHOST' }],
  ['a CA, IPv6', 'good', () => caLine(), { address: '::1' }],
  ['a CA, an alias', 'good', () => `@cert-authority alias ${ca.line}`, { hostKeyAlias: 'alias' }],
  ['a CA, an alias in other letters', 'good', () => caLine(), { hostKeyAlias: 'Alias' }],
  ['a CA, an alias that it does not name', 'good', () => caLine(), { hostKeyAlias: 'db7' }],
  ['a certificate for RSA only', 'rsaOnly', () => caLine()],
  ['a certificate for RSA only, another key known', 'rsaOnly', (at) => `${caLine()}\n${at.name} ${other.line}`],
  ['a certificate for RSA only, and the other key', 'rsaOnly', (at) => `${caLine()}\n${at.name} ${at.ed25519}`],
  ['a certificate for RSA only, the other key revoked', 'rsaOnly', (at) => `${caLine()}\n@revoked * ${at.ed25519}`],
  ['a certificate for ECDSA only', 'ecdsaOnly', () => caLine()],
  ['a CA with P-256', 'byP256', () => caLine(authorities.p256)],
  ['a CA with P-384', 'byP384', () => caLine(authorities.p384)],
  ['a CA with P-521', 'byP521', () => caLine(authorities.p521)],
  ['a CA with RSA and SHA-512', 'byRsa512', () => caLine(authorities.rsa)],
  ['a CA with RSA and SHA-256', 'byRsa256', () => caLine(authorities.rsa)],
  ['a CA with RSA and SHA-1', 'bySha1', () => caLine(authorities.rsa)],
  ['an expired certificate', 'expired', () => caLine()],
  ['an expired certificate, but the key', 'expired', (at) => `${caLine()}\n${at.name} ${at.ed25519}`],
  ['an expired certificate, but the plain name', 'expired', (at) => `${caLine()}\n127.0.0.1 ${at.ed25519}`],
  ['a certificate from tomorrow', 'future', () => caLine()],
  ['a certificate for these hours', 'within', () => caLine()],
  ['a certificate for other names', 'stranger', () => caLine()],
  ['a certificate for the name in capitals', 'stranger', () => caLine(), { address: 'localhost' }],
  ["a user's certificate", 'user', () => caLine()],
  ['a certificate with a critical option', 'critical', () => caLine()],
];

/** An ECDSA key with its last digits changed. */
function offCurve(line: string): string {
  const blob = Buffer.from(base64(line), 'base64');
  return `ecdsa-sha2-nistp256 ${Buffer.concat([blob.subarray(0, -3), Buffer.from([1, 2, 3])]).toString('base64')}`;
}
