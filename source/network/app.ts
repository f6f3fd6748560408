/**
 * What is run of an app's folder: server.py and client.py, or what its pyproject.toml names for Flower. The runtime keeps
 * the same rule (component.py) and judges by what it loads; here only what is plain to see is refused, before anything is
 * copied. Pure.
 */
import { parse } from 'smol-toml';

/** Gives the text of a file of the app; undefined where there is none. */
export type ReadApp = (name: string) => Promise<string | undefined>;
export type Trouble = { readonly why: string; readonly hint: string };

const scripts = ['server.py', 'client.py'] as const;
/** Who runs them, in the same order. */
const roles = ['server', 'client'] as const;
type Role = (typeof roles)[number];
const projectName = 'pyproject.toml';

/** A component: its key in pyproject.toml, how else it is made, and what is of the message API. */
const kinds = [
  { key: 'serverapp', made: 'ServerApp(server_fn=…)', decorators: ['main'] },
  { key: 'clientapp', made: 'ClientApp(client_fn=…)', decorators: ['train', 'evaluate', 'query'] },
] as const;

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, key) =>
      found && typeof found === 'object' && Object.hasOwn(found, key) ? Reflect.get(found, key) : undefined,
    value,
  );
}

function unreadable(error: unknown): Trouble {
  const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  return { why: `${projectName} can't be read: ${why}`, hint: `mend ${projectName}` };
}

/** Why the app can't be run by start_server and start_client; undefined where nothing speaks against it. */
export async function troubleOf(read: ReadApp): Promise<Trouble | undefined> {
  const text = await read(projectName);
  const there = await Promise.all(scripts.map(async (name) => ((await read(name)) === undefined ? [] : [name])));
  const present: readonly string[] = there.flat();
  let project: unknown;
  try {
    project = text === undefined ? {} : parse(text);
  } catch (error) {
    return unreadable(error);
  }
  const references = referencesIn(project, present);
  if (references === undefined) return missingScript(present);
  for (const [index, name] of references.entries()) {
    const trouble = await componentTrouble(read, name, kinds[index]);
    if (trouble) return trouble;
  }
  return undefined;
}

/** What pyproject.toml names for server and client; nothing where the two scripts are what is run. */
function referencesIn(project: unknown, present: readonly string[]): readonly string[] | undefined {
  const named = kinds.map(({ key }) => at(project, 'tool', 'flwr', 'app', 'components', key));
  const references = named.filter((name): name is string => typeof name === 'string' && name.includes(':'));
  const own = references.map((name) => filesOf(name)[0]);
  const ofScripts = present.length === scripts.length && !scripts.some((name) => own.includes(name));
  return references.length < kinds.length || ofScripts ? undefined : references;
}

/** The files that a server or a client is started from: of a package it may be either. For an app without trouble. */
export function startedFrom(project: string | undefined, names: readonly string[], role: Role): readonly string[] {
  const at = roles.indexOf(role);
  const present = scripts.filter((name) => names.includes(name));
  const reference = referencesIn(project === undefined ? {} : parse(project), present)?.[at];
  return reference === undefined ? scripts.slice(at, at + 1) : filesOf(reference);
}

function missingScript(present: readonly string[]): Trouble | undefined {
  const missing = scripts.find((name) => !present.includes(name));
  return missing === undefined
    ? undefined
    : {
        why: `${missing} is not there, and no ${projectName} that names a serverapp and a clientapp`,
        hint: 'fl-wizard init --template numpy writes an app to start from; flower.app names another folder',
      };
}

/** Where the module of `package.module:name` lies: itself, or as a package. */
function filesOf(reference: string): readonly [string, string] {
  const path = (reference.split(':')[0] ?? '').replaceAll('.', '/');
  return [`${path}.py`, `${path}/__init__.py`];
}

async function componentTrouble(
  read: ReadApp,
  reference: string,
  kind: (typeof kinds)[number] | undefined,
): Promise<Trouble | undefined> {
  const [file, folder] = filesOf(reference);
  const source = (await read(file)) ?? (await read(folder));
  if (source === undefined)
    return { why: `${projectName} names ${reference}, and ${file} is not there`, hint: `mend ${projectName}` };
  const decorator = kind && messageDecorator(source, reference.split(':')[1] ?? '', kind.decorators);
  return decorator === undefined
    ? undefined
    : {
        why: `${reference} is written for Flower’s message API (${decorator}), which start_server and start_client don’t speak`,
        hint: `make it with ${kind?.made}; fl-wizard runs no message API yet`,
      };
}

/** What ends a text or a comment of Python that begins so; a backslash takes the next character with it. */
const ends: Readonly<Record<string, RegExp>> = {
  '"""': /\\[\s\S]|"""/g,
  "'''": /\\[\s\S]|'''/g,
  '"': /\\[\s\S]|["\n]/g,
  "'": /\\[\s\S]|['\n]/g,
  '#': /\n/g,
};

/** Python without its texts and comments, where a decorator is none: in one pass, whatever the file holds. */
function codeOf(source: string): string {
  const code: string[] = [];
  const begins = /"""|'''|["'#]/g;
  let from = 0;
  for (let begin = begins.exec(source); begin; begin = begins.exec(source)) {
    code.push(source.slice(from, begin.index));
    const end = new RegExp(ends[begin[0]] ?? /$/g);
    end.lastIndex = begins.lastIndex;
    let found = end.exec(source);
    while (found?.[0].startsWith('\\')) found = end.exec(source);
    // What is not ended goes on to the end of the file.
    from = found === null ? source.length : found[0] === '\n' ? found.index : end.lastIndex;
    begins.lastIndex = from;
  }
  return code.join('') + source.slice(from);
}

function messageDecorator(source: string, name: string, decorators: readonly string[]): string | undefined {
  if (!/^[A-Za-z_]\w*$/.test(name)) return undefined;
  const found = new RegExp(`^[ \\t]*@${name}\\.(${decorators.join('|')})\\b`, 'm').exec(codeOf(source));
  return found ? `@${name}.${found[1]}()` : undefined;
}

/** The packages that pyproject.toml names, one a line; undefined where it names none or can't be read. */
export function projectRequirements(text: string): string | undefined {
  try {
    const found = at(parse(text), 'project', 'dependencies');
    return Array.isArray(found) ? found.filter((each) => typeof each === 'string').join('\n') : undefined;
  } catch {
    return undefined; // `troubleOf` says so
  }
}
