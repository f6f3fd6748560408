/** fl-network.yaml: text in, network out, or one error that names everything that is wrong, with line and column. */
import { type Document, isNode, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { exit, UserError } from '../plan/failure.ts';
import { completeNetwork, type Network } from './network.ts';
import { type NetworkFile, networkSchema, reservedNames } from './schema.ts';

/** One thing wrong in the file. `path` is the key's, as `clients[1].name`. */
export type Problem = {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly why: string;
};

/** A larger file is no network of ours, and the parser would have to hold it. */
const largest = 8_000_000;

/**
 * @param file name of the file, for messages
 * @throws UserError (2) with every problem's key, line and column
 */
export function parseNetwork(text: string, file: string): Network {
  const { value, problems } = inspectNetwork(text);
  if (value && problems.length === 0) return completeNetwork(value);
  const lines = problems.map((p) => `${file}:${p.line}:${p.column} ${p.path ? `${p.path}: ` : ''}${p.why}`);
  throw new UserError({
    exitCode: exit.invalid,
    doing: `Reading ${file}`,
    why: lines.length === 1 ? `${lines[0]}` : `${lines.length} things are wrong:\n  ${lines.join('\n  ')}`,
    hint: 'mend the file; `fl-wizard init --schema` prints every key that it may have',
  });
}

/** The same without an error: what was read, and what is wrong with it. */
export function inspectNetwork(text: string): { value?: NetworkFile; problems: readonly Problem[] } {
  const counter = new LineCounter();
  if (text.length > largest)
    return { problems: [{ path: '', line: 1, column: 1, why: 'larger than 8 MB, so it is no network of fl-wizard' }] };
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, strict: true, version: '1.2' });
  const at = (offset: number) => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (document.errors.length > 0)
    return {
      problems: document.errors.map((error) => ({
        path: '',
        ...at(error.pos[0]),
        why: error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'not YAML',
      })),
    };
  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return { problems: [{ path: '', line: 1, column: 1, why: error instanceof Error ? error.message : 'not YAML' }] };
  }
  const parsed = networkSchema.safeParse(plain ?? {});
  if (!parsed.success) return { problems: parsed.error.issues.flatMap((issue) => problemsOf(issue, document, at)) };
  return { value: parsed.data, problems: clashes(parsed.data, document, at) };
}

type Position = (offset: number) => { line: number; column: number };
type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, document: Document, at: Position): Problem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      path: pathText([...issue.path, key]),
      ...at(offsetOf(document, [...issue.path, key], true)),
      why: 'unknown key',
    }));
  const missing = issue.path.length > 0 && document.getIn(issue.path) === undefined;
  return [
    {
      path: pathText(issue.path),
      ...at(offsetOf(document, issue.path, false)),
      why: missing ? 'is missing' : sentence(issue),
    },
  ];
}

function sentence(issue: Issue): string {
  if (issue.code === 'invalid_type')
    return `must be ${issue.expected === 'int' ? 'a whole number' : `a ${issue.expected}`}`;
  return issue.message.replace(/^Invalid input: /, '').replace(/^Too /, 'too ');
}

function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    '',
  );
}

/** Where the node of a path starts; of a missing one, the nearest parent that exists. */
function offsetOf(document: Document, path: readonly PropertyKey[], key: boolean): number {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    const found = key && length > 0 ? keyNode(document, path.slice(0, length)) : node;
    if (isNode(found) && found.range) return found.range[0];
  }
  return 0;
}

function keyNode(document: Document, path: readonly PropertyKey[]): Node | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const name = path.at(-1);
  if (!parent || typeof parent !== 'object' || !('items' in parent) || !Array.isArray(parent.items)) return undefined;
  for (const item of parent.items) {
    const key: unknown = item && typeof item === 'object' && 'key' in item ? item.key : undefined;
    if (isNode(key) && 'value' in key && key.value === name) return key;
  }
  return undefined;
}

/** What no schema sees: names and addresses that collide. */
function clashes(file: NetworkFile, document: Document, at: Position): Problem[] {
  const problems: Problem[] = [];
  const complain = (path: readonly (string | number)[], why: string) =>
    problems.push({ path: pathText(path), ...at(offsetOf(document, path, false)), why });
  const names = new Map<string, number>();
  const commonNames = new Map<string, number>();
  const addresses = new Map<string, string>([[sshKey(file.server.ssh), 'server']]);
  file.clients.forEach((client, index) => {
    const name = client.name.toLowerCase();
    const commonName = (client.commonName ?? client.name).toLowerCase();
    const nameKey = client.commonName === undefined ? 'name' : 'commonName';
    if (reservedNames.includes(name)) complain(['clients', index, 'name'], `"${client.name}" is a reserved name`);
    else if (names.has(name))
      complain(['clients', index, 'name'], `"${client.name}" is taken by clients[${names.get(name)}]`);
    else if (reservedNames.includes(commonName))
      complain(['clients', index, nameKey], `"${client.commonName}" is a reserved name`);
    else if (commonNames.has(commonName))
      complain(['clients', index, nameKey], `the common name is taken by clients[${commonNames.get(commonName)}]`);
    names.set(name, names.get(name) ?? index);
    commonNames.set(commonName, commonNames.get(commonName) ?? index);
    const address = sshKey(client.ssh);
    const holder = addresses.get(address);
    if (holder !== undefined)
      complain(['clients', index, 'ssh', 'host'], `the same SSH address and port as ${holder}: one host, one role`);
    else addresses.set(address, client.name);
  });
  return problems;
}

function sshKey(ssh: { host: string; port?: number | undefined }): string {
  return `${ssh.host.toLowerCase()} ${ssh.port ?? 22}`;
}

/** The JSON Schema of fl-network.yaml (`fl-wizard init --schema`). */
export function networkJsonSchema(): unknown {
  return z.toJSONSchema(networkSchema);
}
