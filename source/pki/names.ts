import { domainToASCII, domainToUnicode } from 'node:url';
import ipaddr from 'ipaddr.js';
import { exit, UserError } from '../plan/failure.ts';
import { subjectEntry } from './subject.ts';

function refuse(what: string, text: string, why: string, hint?: string): never {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  throw new UserError({
    exitCode: exit.invalid,
    doing: `Checking the ${what} ${JSON.stringify(shown)}`,
    why,
    ...(hint ? { hint } : {}),
  });
}

// RFC 1035: a label has at most 63 octets of letters, digits and inner hyphens, a name at most 253.
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const longestName = 253;

/**
 * A DNS name as it stands in a certificate: lower case, an international name as its A-labels.
 * @throws UserError (2) for what is no host name: shell text, spaces, `_`, empty labels, wildcards, addresses.
 */
export function dnsName(text: string): string {
  // An address that no certificate of ours takes is told for what it is, not for a bad name.
  const almost = whyNoAddress(text);
  if (almost !== undefined) refuse('address', text, almost);
  if (text.includes('*')) refuse('name', text, 'a wildcard would let any host of the domain pose as the server');
  // What is ASCII has to be right as typed: the URL rules behind domainToASCII would decode %61 and pass ";" on.
  const wrong = /[^A-Za-z0-9.\u0080-\u{10ffff}-]|[\p{Cc}\p{Surrogate}\u00ad\u200b\u2060\ufeff]/u.exec(text)?.[0];
  if (wrong !== undefined) refuse('name', text, `${JSON.stringify(wrong)} is not allowed in a host name`);
  const labels = text.split('.');
  if (labels.includes('')) refuse('name', text, 'it has an empty label');
  if (labels.some((part) => part.startsWith('-') || part.endsWith('-')))
    refuse('name', text, 'a label begins or ends with a hyphen');
  const ascii = domainToASCII(text);
  // A numeric last label makes resolvers read the whole as an address: 127.1 is 127.0.0.1.
  if ([text, ascii].some((name) => /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/i.test(name)))
    refuse('name', text, 'it is neither a host name nor an address in full', 'write IPv4 as four decimal numbers');
  // An A-label stands for letters beyond ASCII; Node 24 passes one on that stands for nothing.
  if (ascii.split('.').some((part) => part.startsWith('xn--') && domainToUnicode(part) === part))
    refuse('name', text, 'it is no valid host name');
  if (ascii === '' || !ascii.split('.').every((part) => part.length > 63 || label.test(part)))
    refuse('name', text, 'it is no valid host name');
  if (ascii.split('.').some((part) => part.length > 63)) refuse('name', text, 'a label is longer than 63 characters');
  if (ascii.length > longestName) refuse('name', text, `it is longer than ${longestName} characters`);
  return ascii;
}

/** Each once, in their order. */
export function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}

/** Those that come more than once, each once. */
export function repeated(values: readonly string[]): readonly string[] {
  return unique(values.filter((value, at) => values.indexOf(value) !== at));
}

/** A DNS name as people read it: an international one as it stands in the certificate, and as it is written. */
export function bothForms(name: string): string {
  const readable = domainToUnicode(name);
  return readable === '' || readable === name ? name : `${name} (${readable})`;
}

const decimal = /^(?:0|[1-9]\d{0,2})$/;
const useless = new Set(['unspecified', 'broadcast', 'multicast']);

/** Why the text is no address of a host, or the address in its normal form. */
function readAddress(text: string): { readonly address: string } | { readonly why: string } {
  if (text.includes('%')) return { why: 'a zone id means something on one machine only' };
  const v4 = text.slice(text.lastIndexOf(':') + 1);
  // Octal, hexadecimal and short forms are read differently by different programs (CVE-2021-29921 and its kind).
  if (v4.includes('.') && !(v4.split('.').length === 4 && v4.split('.').every((part) => decimal.test(part))))
    return { why: 'IPv4 is written as four decimal numbers without leading zeros' };
  const valid = text.includes(':') ? ipaddr.IPv6.isValid(text) : text.includes('.') && ipaddr.IPv4.isValid(text);
  if (!valid || !/^[0-9A-Fa-f:.]+$/.test(text)) return { why: 'it is no IP address' };
  const address = ipaddr.parse(text);
  const inner = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
  if (useless.has(inner.range())) return { why: `it is the address of no host (${inner.range()})` };
  return { address: address.toString() };
}

/** Why what is meant as an address is none; undefined for what looks like a name. */
function whyNoAddress(text: string): string | undefined {
  if (/^\[.*\]$/.test(text)) return 'brackets belong to HOST:PORT only: leave them out';
  if (!text.includes(':') && !/^\d+(?:\.\d+){3}$/.test(text)) return undefined;
  const result = readAddress(text);
  return 'why' in result ? result.why : undefined;
}

/**
 * An IP address in its normal form (RFC 5952 for IPv6; a v4-mapped one stays IPv6, 16 octets in the certificate).
 * @throws UserError (2) for short, octal and hexadecimal forms, zone ids, and addresses that no host has.
 */
export function ipAddress(text: string): string {
  const result = readAddress(text);
  return 'address' in result ? result.address : refuse('address', text, result.why);
}

/** Whether the text is an IP address that `ipAddress` takes; false for host names and for what is neither. */
export function isAddress(text: string): boolean {
  return 'address' in readAddress(text);
}

/** Whether an address is one that only its own network reaches (RFC 1918, unique local, loopback and the like). */
export function isPrivateAddress(text: string): boolean {
  return ipaddr.isValid(text) && privateRanges.includes(ipaddr.parse(text).range());
}

const privateRanges = ['private', 'uniqueLocal', 'linkLocal', 'loopback', 'carrierGradeNat'];

/**
 * A common name as typed: 1 to 64 characters, none of them a control character.
 * @throws UserError (2)
 */
export function commonName(text: string): string {
  return subjectEntry('CN', text)[1];
}

/** Percent-encodes all but RFC 3986's unreserved characters; "." and ".." too, which path handling would remove. */
function pathSegment(text: string): string {
  const hex = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  const encoded = encodeURIComponent(text).replace(/[!'()*]/g, hex);
  return /^\.{1,2}$/.test(encoded) ? encoded.replace(/\./g, hex) : encoded;
}

/** The last one that was asked for: a thousand clients have it in common. */
let domain: { readonly address: string; readonly network: string; readonly host: string } | undefined;

function trustDomain(serverAddress: string, networkName: string): string {
  if (domain?.address === serverAddress && domain.network === networkName) return domain.host;
  const address = isAddress(serverAddress) ? ipAddress(serverAddress) : dnsName(serverAddress);
  const host = address.includes(':') ? networkName : address;
  // An IPv6 literal can't be a trust domain, so the network's name stands in: it has to fit into a URI as it is.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/.test(host))
    refuse('network name', networkName, 'it takes letters, digits, ".", "_" and "-" only');
  domain = { address: serverAddress, network: networkName, host };
  return host;
}

function identity(kind: 'client' | 'operator', serverAddress: string, networkName: string, name: string): string {
  return `spiffe://${trustDomain(serverAddress, networkName)}/fl/${kind}/${pathSegment(commonName(name))}`;
}

/**
 * The one name that a client's certificate carries: `spiffe://<server.address>/fl/client/<CN>`.
 * @throws UserError (2) for a server address, network name or common name that is not valid.
 */
export function clientUri(serverAddress: string, networkName: string, commonName: string): string {
  return identity('client', serverAddress, networkName, commonName);
}

/** The one name that the operator's certificate carries: `spiffe://<server.address>/fl/operator/<name>`. */
export function operatorUri(serverAddress: string, networkName: string, name: string): string {
  return identity('operator', serverAddress, networkName, name);
}
