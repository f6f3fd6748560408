/** fl-network.yaml: text in, network out, or one error that names everything that is wrong, with line and column. */
import { type Document, isNode, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { exit, UserError } from '../plan/failure.ts';
import { doubleKeys, tooDeepAt } from './guard.ts';
import { completeNetwork, type Network } from './network.ts';
import { brokenRules } from './rules.ts';
import { type NetworkFile, networkSchema } from './schema.ts';

/** One thing wrong in the file. `path` is the key's, as `clients[1].name`. */
export type Problem = {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly why: string;
};

/** Ten thousand clients take 2 MB. A larger file is no network of ours, and the parser would take seconds for it. */
const largest = 4_000_000;
/** More than anybody mends at once: what is wrong throughout (another kind of file) is not listed line by line. */
const mostShown = 50;

/**
 * @param file name of the file, for messages
 * @throws UserError (2) with every problem's key, line and column
 */
export function parseNetwork(text: string, file: string): Network {
  const { value, problems } = inspectNetwork(text);
  if (value && problems.length === 0) return completeNetwork(value);
  const lines = problems
    .slice(0, mostShown)
    .map((p) => `${file}:${p.line}:${p.column} ${p.path ? `${p.path}: ` : ''}${p.why}`);
  const more = problems.length > mostShown ? `\n  and ${problems.length - mostShown} more` : '';
  throw new UserError({
    exitCode: exit.invalid,
    doing: `Reading ${file}`,
    why: lines.length === 1 ? `${lines[0]}` : `${problems.length} things are wrong:\n  ${lines.join('\n  ')}${more}`,
    hint: 'mend the file; `fl-wizard init --schema` prints every key that it may have',
  });
}

/** The same without an error: what was read, and what is wrong with it. */
export function inspectNetwork(text: string): { value?: NetworkFile; problems: readonly Problem[] } {
  const counter = new LineCounter();
  if (text.length > largest)
    return { problems: [{ path: '', line: 1, column: 1, why: 'larger than 4 MB, so it is no network of fl-wizard' }] };
  const deep = tooDeepAt(text);
  if (deep !== undefined) return { problems: [{ path: '', ...plainPosition(text, deep), why: 'nested too deeply' }] };
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: false, strict: true, version: '1.2' });
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
  const doubles = doubleKeys(document);
  if (doubles.length > 0)
    return {
      problems: doubles.map(({ key, offset }) => ({ path: '', ...at(offset), why: `the key ${key} is there twice` })),
    };
  let plain: unknown;
  try {
    plain = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return { problems: [{ path: '', line: 1, column: 1, why: error instanceof Error ? error.message : 'not YAML' }] };
  }
  const parsed = networkSchema.safeParse(plain ?? {});
  if (!parsed.success)
    return { problems: parsed.error.issues.flatMap((issue) => problemsOf(issue, plain, document, at)) };
  const problems = brokenRules(parsed.data).map(({ path, why }) => ({
    path: pathText(path),
    ...at(offsetOf(document, path, false)),
    why,
  }));
  return { value: parsed.data, problems };
}

function plainPosition(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

type Position = (offset: number) => { line: number; column: number };
type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, plain: unknown, document: Document, at: Position): Problem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key, index) => ({
      path: pathText([...issue.path, key]),
      // To search for each of 100,000 keys would take minutes, and nobody sees where they are.
      ...at(offsetOf(document, index < mostShown ? [...issue.path, key] : issue.path, true)),
      why: 'unknown key',
    }));
  // Of the values and not of the document, which doesn't look behind an alias.
  const missing = issue.path.length > 0 && issue.path.reduce(memberOf, plain) === undefined;
  return [
    {
      path: pathText(issue.path),
      ...at(offsetOf(document, issue.path, false)),
      why: missing ? 'is missing' : sentence(issue),
    },
  ];
}

function memberOf(value: unknown, name: PropertyKey): unknown {
  return value && typeof value === 'object' ? Reflect.get(value, name) : undefined;
}

const words: Readonly<Record<string, string>> = {
  int: 'a whole number',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
  array: 'a list',
  string: 'text',
};

function sentence(issue: Issue): string {
  if (issue.code === 'invalid_type') return `must be ${words[issue.expected] ?? `a ${issue.expected}`}`;
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

/** The JSON Schema of fl-network.yaml (`fl-wizard init --schema`). */
export function networkJsonSchema(): unknown {
  return z.toJSONSchema(networkSchema);
}
