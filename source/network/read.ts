/** fl-network.yaml: text in, network out, or one error that names everything that is wrong, with line and column. */
import { type Alias, type Document, isNode, type Node, visit } from 'yaml';
import * as z from 'zod';
import { exit, UserError } from '../plan/failure.ts';
import { nearest } from '../plan/nearest.ts';
import { type Opened, openDocument } from './document.ts';
import { completeNetwork, type Network } from './network.ts';
import { memberOf, pathText } from './path.ts';
import { brokenRules } from './rules.ts';
import { type NetworkFile, networkSchema } from './schema.ts';
import { sentence } from './sentence.ts';
import { wellFormed } from './well-formed.ts';
import { commentedParent } from './yaml-indentation.ts';

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
    // A key of somebody else's file may hold anything, and this is printed.
    .map((p) => `${file}:${p.line}:${p.column} ${p.path ? `${p.path}: ` : ''}${p.why}`.replace(/\p{C}/gu, '\ufffd'));
  const more = problems.length > mostShown ? `\n  and ${problems.length - mostShown} more` : '';
  throw new UserError({
    exitCode: exit.invalid,
    doing: `Reading ${file}`,
    why: lines.length === 1 ? `${lines[0]}` : `${problems.length} things are wrong:\n  ${lines.join('\n  ')}${more}`,
    hint: 'mend the file; `fl-wizard init --schema` prints every key that it may have',
  });
}

/** The same without an error: what was read, and what is wrong with it. */
export function inspectNetwork(text: string): Inspected {
  if (text.length > largest)
    return { problems: [{ path: '', line: 1, column: 1, why: 'larger than 4 MB, so it is no network of fl-wizard' }] };
  const { document, faults, at, mended } = openDocument(text);
  const own = faults.map(({ offset, why }) => ({ path: '', ...at(offset), why }));
  // What is wrong as well is found in the text as it will be.
  const rest = mended === undefined ? withParents(text, judged(document, at)) : inspectNetwork(mended);
  if (own.length === 0) return rest;
  const lines = new Set(own.map(({ line }) => line));
  const others = document || mended !== undefined ? rest.problems.filter(({ line }) => !lines.has(line)) : [];
  return { problems: [...own, ...others] };
}

type Inspected = { value?: NetworkFile; problems: readonly Problem[] };

/** A key that there isn't here may belong to a name that is still a comment. */
function withParents(text: string, { problems, ...rest }: Inspected): Inspected {
  const lines = text.split('\n');
  const told = problems.map((problem, index) => {
    const parent =
      index < mostShown && problem.why.startsWith('unknown key') ? commentedParent(lines, problem.line - 1) : undefined;
    if (!parent) return problem;
    const spaces = problem.column === 1 ? ', and write 2 spaces before this' : '';
    return { ...problem, why: `unknown key here; uncomment ${parent.name}: in line ${parent.line + 1} too${spaces}` };
  });
  return { ...rest, problems: told };
}

function judged(document: Document | undefined, at: Position): Inspected {
  let plain: unknown;
  try {
    plain = document?.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return { problems: [unreadable(error, document, at)] };
  }
  const { success, data, error } = networkSchema.safeParse(plain ?? {});
  const broken = (file: NetworkFile): readonly Problem[] =>
    brokenRules(file).map(({ path, why }) => ({
      path: pathText(path),
      ...at(document ? offsetOf(document, path, false) : 0),
      why,
    }));
  if (success) return { value: data, problems: broken(data) };
  const wrong = problemsOf(error.issues, plain, document, at);
  const rest = networkSchema.safeParse(wellFormed(plain, error.issues));
  const paths = wrong.map(({ path }) => path);
  // How many clients there are is not known where they can't be read.
  const known = ({ path }: Problem) =>
    !paths.some((each) => path.startsWith(each)) && !(paths.includes('clients') && path.startsWith('flower'));
  return { problems: [...wrong, ...(rest.success ? broken(rest.data).filter(known) : [])] };
}

/** An alias of nothing is most often a value that begins with a star. */
function unreadable(error: unknown, document: Document | undefined, at: Position): Problem {
  const why = error instanceof Error ? error.message : 'not YAML';
  const name = /^Unresolved alias.*: (\S+)$/.exec(why)?.[1];
  let offset = 0;
  const note = (_: unknown, { source, range }: Alias) => {
    if (source === name) offset = range?.[0] ?? 0;
  };
  if (document && name !== undefined) visit(document, { Alias: note });
  const words = name === undefined ? why : `a value can’t begin with * without quotes: write "*${name}"`;
  return { path: '', ...at(offset), why: words };
}

/** A key that there isn't, with the one that may be meant. */
function unknownKey(path: readonly PropertyKey[], key: string): string {
  let schema: Schema | undefined = jsonSchema();
  for (const part of path) schema = typeof part === 'number' ? schema?.items : schema?.properties?.[String(part)];
  const keys = Object.keys(schema?.properties ?? {});
  const glued = keys.find((each) => key.startsWith(`${each}:`));
  if (glued !== undefined) return `no space behind the colon; write ${glued}: ${key.slice(glued.length + 1)}`;
  const meant = nearest(key, keys);
  return meant === undefined ? 'unknown key' : `unknown key; did you mean ${meant}?`;
}

type Schema = { readonly properties?: Readonly<Record<string, Schema>>; readonly items?: Schema };
let made: Schema | undefined;

function jsonSchema(): Schema {
  made ??= networkJsonSchema() as Schema;
  return made;
}

type Position = Opened['at'];
type Issue = z.core.$ZodIssue;

function problemsOf(
  issues: readonly Issue[],
  plain: unknown,
  document: Document | undefined,
  at: Position,
): readonly Problem[] {
  const found = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ path: [...issue.path, key], key: true, why: unknownKey(issue.path, key) }))
      : [
          {
            path: issue.path,
            key: issue.code === 'invalid_key',
            why: isMissing(issue, plain) ? 'is missing' : sentence(issue),
          },
        ],
  );
  // To search for 100,000 of them would take minutes, and nobody is shown where they are.
  return found.map(({ path, key, why }, index) => ({
    path: pathText(path),
    ...at(document && index < mostShown ? offsetOf(document, path, key) : 0),
    why,
  }));
}

/** By the values and not by the document, which doesn't look behind an alias. */
function isMissing({ path }: Issue, plain: unknown): boolean {
  return path.length > 0 && path.reduce(memberOf, plain) === undefined;
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
