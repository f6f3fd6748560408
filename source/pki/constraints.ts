/**
 * For which names a CA may issue (RFC 5280, 4.2.1.10). A company's intermediate often has such limits, and a certificate
 * outside of them is refused by every TLS stack with words that nobody can read ("permitted subtree violation").
 */
import ipaddr from 'ipaddr.js';
import { type Asn1, content, decode, items, taggedItem } from './der.ts';
import { decodeName, nameText } from './distinguished-name.ts';
import { nameTag, type Sans } from './extensions.ts';
import type { Subject } from './subject.ts';

type Kind = 'dns' | 'ip' | 'uri' | 'subject';
/** A part of all names of one kind: as people read it, and whether a name lies in it. */
type Subtree = { readonly kind: Kind; readonly text: string; holds(name: string | Subject): boolean };

export type Constraints = { readonly permitted: readonly Subtree[]; readonly excluded: readonly Subtree[] };

const directoryTag = 4;

function dnsSubtree(base: string): Subtree {
  const wanted = base.toLowerCase();
  const below = wanted.startsWith('.') ? wanted : `.${wanted}`;
  const holds = (name: string) => base === '' || name === wanted || name.endsWith(below);
  return { kind: 'dns', text: base, holds: (name) => typeof name === 'string' && holds(name.toLowerCase()) };
}

/** A host alone stands for itself, one with a leading dot for all below it. */
function uriSubtree(base: string): Subtree {
  const wanted = base.toLowerCase();
  const holds = (host: string) => (wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted);
  const hostOf = (uri: string) => /^[a-z][a-z0-9+.-]*:\/\/([^/:?#]*)/i.exec(uri)?.[1]?.toLowerCase() ?? '';
  return { kind: 'uri', text: base, holds: (name) => typeof name === 'string' && holds(hostOf(name)) };
}

/** An address and its mask, one behind the other. */
function ipSubtree(octets: Buffer): Subtree {
  const half = octets.length / 2;
  const [address, mask] = [octets.subarray(0, half), octets.subarray(half)];
  const holds = (name: string) => {
    const bytes = ipaddr.parse(name).toByteArray();
    return bytes.length === half && bytes.every((byte, at) => ((byte ^ (address[at] ?? 0)) & (mask[at] ?? 0)) === 0);
  };
  const bits = [...mask].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  const text = `${ipaddr.fromByteArray([...address])}/${bits}`;
  return { kind: 'ip', text, holds: (name) => typeof name === 'string' && holds(name) };
}

function subjectSubtree(base: Subject): Subtree {
  const same = (value: string) => value.trim().replace(/\s+/g, ' ').toLowerCase();
  const holds = (subject: Subject) =>
    base.every(([type, value], at) => subject[at]?.[0] === type && same(subject[at][1]) === same(value));
  return { kind: 'subject', text: nameText(base), holds: (name) => typeof name !== 'string' && holds(name) };
}

/** The subtree of a kind of name that is issued here; other kinds (mail addresses) limit nothing of it. */
function subtreeOf(value: Asn1): readonly Subtree[] {
  const [base] = items(value);
  switch (base?.type) {
    case nameTag.dns:
      return [dnsSubtree(content(base).toString('latin1'))];
    case nameTag.uri:
      return [uriSubtree(content(base).toString('latin1'))];
    case nameTag.ip:
      return [ipSubtree(content(base))];
    case directoryTag:
      return [subjectSubtree(decodeName(items(base)[0]))];
    default:
      return [];
  }
}

/** Takes the value of a NameConstraints extension apart. @throws Error for what is none */
export function readConstraints(value: Buffer): Constraints {
  const all = items(decode(value));
  const subtrees = (tag: number) => {
    const found = taggedItem(all, tag);
    return found ? items(found).flatMap(subtreeOf) : [];
  };
  return { permitted: subtrees(0), excluded: subtrees(1) };
}

const words = { dns: 'the name', ip: 'the address', uri: 'the identity', subject: 'the subject' } as const;

/** Why a CA with these limits may not issue for a subject and its names; undefined where it may. */
export function constraintTrouble(limits: Constraints, subject: Subject, sans: Sans): string | undefined {
  const names: readonly (readonly [Kind, string | Subject])[] = [
    ['subject', subject],
    ...sans.dns.map((name) => ['dns', name] as const),
    ...sans.ips.map((name) => ['ip', name] as const),
    ...sans.uris.map((name) => ['uri', name] as const),
  ];
  for (const [kind, name] of names) {
    const shown = `${words[kind]} ${typeof name === 'string' ? name : nameText(name)}`;
    const excluded = limits.excluded.find((each) => each.kind === kind && each.holds(name));
    if (excluded) return `${shown} lies in ${excluded.text}, which its nameConstraints exclude`;
    const permitted = limits.permitted.filter((each) => each.kind === kind);
    if (permitted.length > 0 && !permitted.some((each) => each.holds(name)))
      return `its nameConstraints permit ${permitted.map(({ text }) => text).join(', ')} only, and not ${shown}`;
  }
  return undefined;
}
