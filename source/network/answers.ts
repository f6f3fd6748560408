/** A file of answers for `init --from-answers`: what the wizard asks, by the names of the flags. YAML or JSON. */
import * as z from 'zod';
import { exit, UserError } from '../plan/failure.ts';
import { nearest } from '../plan/nearest.ts';
import { openDocument } from './document.ts';
import { memberOf, pathText } from './path.ts';
import { sentence } from './sentence.ts';

const text = z.string().trim().min(1);
const client = z.union([
  text,
  z.strictObject({ name: text, ssh: text }).transform(({ name, ssh }) => `${name}=${ssh}`),
]);

/** Of what the wizard keeps: another version's may mean something else. */
const version = 1;

const schema = z.strictObject({
  name: text.optional(),
  address: text.optional(),
  names: z.array(text).optional(),
  server: text.optional(),
  identityFile: text.optional(),
  clients: z.array(client).min(1).max(10_000).optional(),
  template: z.enum(['numpy', 'torch', 'sklearn', 'tutorial']).optional(),
  app: text.optional(),
  version: z.literal(version).optional(),
  /** Written by the wizard where somebody left its questions; nobody has to. */
  stopped: z
    .strictObject({
      at: z.enum(['name', 'address', 'names', 'server', 'identityFile', 'clients', 'summary']),
      answered: z.int().min(0).max(100),
      line: z.string().max(1000).optional(),
      editing: text.optional(),
    })
    .optional(),
});

/** `clients` as lines: `NAME=[user@]host[:port]`. */
export type FileAnswers = Partial<{
  -readonly [Key in keyof z.infer<typeof schema>]: NonNullable<z.infer<typeof schema>[Key]>;
}>;

/** What somebody writes: the others are the wizard's own. */
const own = Object.keys(schema.shape).filter((key) => key !== 'version' && key !== 'stopped');
const ofClient = ['name', 'ssh'];

/** Sentences of what is wrong: the key, what stands there, what it must be, and what may be meant. */
function wrongIn(issue: z.core.$ZodIssue, value: unknown): readonly string[] {
  const found = issue.path.reduce(memberOf, value);
  const where = pathText(issue.path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, where, issue.path[0]));
  if (issue.code === 'invalid_union' && issue.path[0] === 'clients') return clientWrong(found, where);
  if (found === undefined) return [`${where} is missing`];
  const must = sentence(issue);
  const meant = issue.code === 'invalid_value' ? nearest(String(found), issue.values.map(String)) : undefined;
  const asked = meant === undefined ? '' : `; did you mean ${meant}?`;
  return [must.startsWith('must') ? `${where || 'it'} is ${shown(found)}, and ${must}${asked}` : `${where} ${must}`];
}

function unknownKey(key: string, where: string, top: PropertyKey | undefined): string {
  const meant = nearest(key, top === undefined ? own : top === 'clients' ? ofClient : []);
  return `there is no ${where ? `${where}.` : ''}${key}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

/** A client is a line or a map, and neither alone is all that it may be. */
function clientWrong(found: unknown, where: string): readonly string[] {
  const must = 'must be NAME=[user@]host[:port], or {name: NAME, ssh: [user@]host[:port]}';
  const isMap = found !== null && typeof found === 'object' && !Array.isArray(found);
  const strange = isMap ? Object.keys(found).filter((key) => !ofClient.includes(key)) : [];
  return [`${where} is ${shown(found)}, and ${must}`, ...strange.map((key) => unknownKey(key, where, 'clients'))];
}

/** So much of a value says which one it is. */
const longestShown = 60;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
}

/** @throws UserError (2) with everything that is wrong */
export function answersOf(content: string, shown: string): FileAnswers {
  const refused = (why: string) =>
    new UserError({
      exitCode: exit.invalid,
      doing: `Reading ${shown}`,
      why,
      hint: `it may hold ${own.join(', ')}`,
    });
  const { document, faults, at } = openDocument(content);
  if (faults.length > 0) throw refused(faults.map(({ offset, why }) => `line ${at(offset).line}: ${why}`).join('; '));
  let value: unknown;
  try {
    value = document?.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw refused(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
  const { success, data, error } = schema.safeParse(value ?? {});
  if (!success) throw refused(error.issues.flatMap((issue) => wrongIn(issue, value)).join('; '));
  return Object.fromEntries(Object.entries(data).filter(([, each]) => each !== undefined)) as FileAnswers;
}

/** Without the library that reads it, which takes a tenth of a second for ten thousand clients: JSON's texts are YAML. */
export function answersText({ names, clients, stopped, ...rest }: FileAnswers): string {
  const list = (key: string, all: readonly string[] = []) =>
    all.length === 0 ? [] : [`${key}:`, ...all.map((each) => `  - ${JSON.stringify(each)}`)];
  return [
    '# What was answered so far: fl-wizard goes on from here. No secret is in it.',
    `version: ${version}`,
    ...Object.entries(rest).flatMap(([key, value]) => (value ? [`${key}: ${JSON.stringify(value)}`] : [])),
    ...list('names', names),
    ...list('clients', clients),
    ...(stopped ? [`stopped: ${JSON.stringify(stopped)}`] : []),
    '',
  ].join('\n');
}
