/**
 * Other answers in the text of an fl-network.yaml that is there: only what is another is written, every other byte stays,
 * comments too. Pure.
 */
import { isMap, isScalar, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import { list, present } from '../plan/words.ts';
import { addServerNames } from './add-names.ts';
import { openDocument } from './document.ts';
import { members, type Network } from './network.ts';
import { parseNetwork } from './read.ts';
import type { SshKeys } from './schema.ts';
import { inline, parseLogin } from './write.ts';
import { pairOf, rangeOf } from './yaml-places.ts';

/** What the wizard asks for. Texts are as typed; `ssh` and `server` are `user@host[:port]`. */
export type Typed = {
  readonly name: string;
  readonly address: string;
  readonly names: readonly string[];
  readonly server: string;
  readonly identityFile: string;
  readonly clients: readonly { readonly name: string; readonly ssh: string }[];
};

/** The answers that a network was made of, or could have been. */
export function typedOf(network: Network): Typed {
  const keys = new Set(members(network).map(({ ssh }) => ssh.identityFile ?? ''));
  return {
    name: network.name,
    address: network.address,
    names: network.names,
    server: loginText(network.server.ssh),
    // Where hosts differ in it, each has its own, and no answer stands for all.
    identityFile: keys.size === 1 ? ([...keys][0] ?? '') : '',
    clients: network.clients.map(({ name, ssh }) => ({ name, ssh: loginText(ssh) })),
  };
}

/** `[user@]host[:port]` */
export function loginText({ user, host, port }: SshKeys): string {
  const at = host.includes(':') ? `[${host}]` : host;
  return `${user ? `${user}@` : ''}${at}${port && port !== 22 ? `:${port}` : ''}`;
}

type Edit = { readonly from: number; readonly to: number; readonly text: string };

/** It is written in a way that only its author can go on with: an alias, a tag, a list in one line. */
const unchangeable = new Error('written in another way');

/**
 * @param shown what the file is called in an error
 * @returns the new text; undefined where it is written in a way that is not changed here
 */
export function changeAnswers(text: string, after: Typed, shown: string): string | undefined {
  const before = typedOf(parseNetwork(text, shown));
  try {
    const changed = namesSet(applied(text, editsOf(text, before, after)), before, after);
    return holds(changed, after, shown) ? changed : undefined;
  } catch (error) {
    if (error === unchangeable) return undefined;
    throw error;
  }
}

function holds(text: string, after: Typed, shown: string): boolean {
  const found = typedOf(parseNetwork(text, shown));
  const same = (one: readonly string[], other: readonly string[]) => one.join('\n') === other.join('\n');
  const lines = ({ clients }: Typed) => clients.map(({ name, ssh }) => `${name} ${loginText(parseLogin(ssh))}`).sort();
  return (
    found.name === after.name &&
    found.address === after.address &&
    found.server === loginText(parseLogin(after.server)) &&
    same(found.names, after.names) &&
    same(lines(found), lines(after))
  );
}

function editsOf(text: string, before: Typed, after: Typed): readonly Edit[] {
  const { document } = openDocument(text);
  const root = mapOf(document?.contents);
  const server = mapOf(root.get('server', true));
  const clients = root.get('clients', true);
  if (!isSeq(clients)) throw unchangeable;
  const key = after.identityFile === before.identityFile ? undefined : after.identityFile;
  return [
    ...(after.name === before.name ? [] : [scalarEdit(root, 'name', after.name)]),
    ...(after.address === before.address ? [] : [scalarEdit(server, 'address', after.address)]),
    ...loginEdits(text, server, before.server, after.server, key),
    ...clientEdits(text, clients, before, after, key),
  ];
}

function mapOf(node: unknown): YAMLMap {
  if (!isMap(node) || node.tag?.startsWith('!')) throw unchangeable;
  return node;
}

function placeOf(node: unknown): readonly [number, number] {
  const range = rangeOf(node);
  if (!range) throw unchangeable;
  return [range[0], range[1]];
}

function scalarEdit(map: YAMLMap, name: string, value: unknown): Edit {
  const node = pairOf(map, name)?.value;
  if (!isScalar(node) || node.anchor) throw unchangeable;
  const [from, to] = placeOf(node);
  return { from, to, text: inline(value) };
}

/** The login of one member. Another machine has another key of its own, whatever was written down of the one before. */
function loginEdits(
  text: string,
  member: YAMLMap,
  before: string,
  after: string,
  key: string | undefined,
): readonly Edit[] {
  if (before === after && key === undefined) return [];
  const pair = pairOf(member, 'ssh');
  const node = mapOf(pair?.value);
  const { hostKey, identityFile, proxyJump } = node.toJS(openDocument(text).document as never) as SshKeys;
  const login = parseLogin(after);
  const kept = before === after ? { hostKey } : {};
  const value = present({
    ...login,
    identityFile: key === undefined ? identityFile : key || undefined,
    proxyJump,
    ...kept,
  });
  const [from, to] = placeOf(node);
  // What stands behind the last value of a block belongs to it: comments, and the line's end.
  const rest = /\s*$/.exec(text.slice(from, to))?.[0] ?? '';
  return [{ from, to, text: inline(value) + rest }];
}

function clientEdits(
  text: string,
  seq: YAMLSeq,
  before: Typed,
  after: Typed,
  key: string | undefined,
): readonly Edit[] {
  const known = new Map(before.clients.map((client) => [client.name, client]));
  const wanted = new Map(after.clients.map((client) => [client.name, client]));
  const added = after.clients.filter(({ name }) => !known.has(name));
  const gone = before.clients.filter(({ name }) => !wanted.has(name));
  // One that has another name and the same login is the same host: what else is written of it stays.
  const renamed = new Map(
    gone.flatMap(({ name, ssh }) => {
      const as = added.find((each) => each.ssh === ssh);
      return as ? [[name, as] as const] : [];
    }),
  );
  const anew = added.filter((client) => ![...renamed.values()].includes(client));
  const edits = seq.items.flatMap((item, at): readonly Edit[] => {
    const map = mapOf(item);
    const name = String(map.get('name'));
    const [old, as] = [known.get(name), renamed.get(name)];
    const now = wanted.get(name) ?? as;
    if (!old) throw unchangeable;
    if (!now) return [removal(text, seq, at)];
    return [...(as ? [scalarEdit(map, 'name', as.name)] : []), ...loginEdits(text, map, old.ssh, now.ssh, key)];
  });
  return anew.length > 0 ? [...edits, addition(text, seq, anew, after.identityFile)] : edits;
}

/** With the lines that stand above it, which are about it. */
function removal(text: string, seq: YAMLSeq, at: number): Edit {
  if (seq.flow) throw unchangeable;
  const from = lineStart(text, placeOf(seq.items[at])[0]);
  const next = seq.items[at + 1];
  const to = next ? lineStart(text, placeOf(next)[0]) : endOf(text, seq.items[at]);
  return { from, to, text: '' };
}

function addition(text: string, seq: YAMLSeq, clients: Typed['clients'], identityFile: string): Edit {
  const [first, last] = [seq.items[0], seq.items.at(-1)];
  if (seq.flow || !first) throw unchangeable;
  const start = placeOf(first)[0];
  const lead = text.slice(lineStart(text, start), start);
  const inner = ' '.repeat(lead.length);
  const at = endOf(text, last);
  const own = identityFile ? { identityFile } : {};
  const lines = clients.flatMap(({ name, ssh }) => [
    `${lead}name: ${inline(name)}`,
    `${inner}ssh: ${inline({ ...parseLogin(ssh), ...own })}`,
  ]);
  const before = at > 0 && text[at - 1] !== '\n' ? '\n' : '';
  return { from: at, to: at, text: `${before}${lines.join('\n')}\n` };
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** Behind the last line of a block. */
function endOf(text: string, node: unknown): number {
  const [from, to] = placeOf(node);
  const last = from + text.slice(from, to).trimEnd().length;
  const end = text.indexOf('\n', last);
  return end < 0 ? text.length : end + 1;
}

function applied(text: string, edits: readonly Edit[]): string {
  return edits
    .toSorted((a, b) => b.from - a.from || b.to - a.to)
    .reduce((now, { from, to, text: words }) => now.slice(0, from) + words + now.slice(to), text);
}

/** Names that are new are added; where one is gone the list is written anew. */
function namesSet(text: string, before: Typed, after: Typed): string {
  if (list(before.names) === list(after.names)) return text;
  const more = after.names.slice(before.names.length);
  if (list(after.names.slice(0, before.names.length)) === list(before.names))
    return addServerNames(text, more) ?? fail();
  const server = mapOf(mapOf(openDocument(text).document?.contents).get('server', true));
  const pair = pairOf(server, 'names');
  if (!isSeq(pair?.value)) throw unchangeable;
  const [from, to] = placeOf(pair.value);
  const rest = /\s*$/.exec(text.slice(from, to))?.[0] ?? '';
  return text.slice(0, from) + inline([...after.names]) + rest + text.slice(to);
}

function fail(): never {
  throw unchangeable;
}
