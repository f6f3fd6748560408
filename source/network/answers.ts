/** A file of answers for `init --from-answers`: what the wizard asks, by the names of the flags. YAML or JSON. */
import { parse } from 'yaml';
import * as z from 'zod';
import { exit, UserError } from '../plan/failure.ts';

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

/** @throws UserError (2) with everything that is wrong */
export function answersOf(content: string, shown: string): FileAnswers {
  const refused = (why: string) =>
    new UserError({
      exitCode: exit.invalid,
      doing: `Reading ${shown}`,
      why,
      hint: `it may hold ${Object.keys(schema.shape).join(', ')}`,
    });
  let value: unknown;
  try {
    value = parse(content);
  } catch (error) {
    throw refused(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
  const { success, data, error } = schema.safeParse(value ?? {});
  if (!success)
    throw refused(error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`).join('; '));
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
