/** `init`: fl-network.yaml, an app to start from, and a .gitignore. Asks in a terminal, else from flags. */
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { inspectNetwork, networkJsonSchema } from '../network/read.ts';
import { type Draft, networkText, parseLogin, type SshDraft } from '../network/write.ts';
import { dnsName, ipAddress, isAddress } from '../pki/names.ts';
import { type ExitCode, exit, UserError } from '../plan/failure.ts';
import { listLocal, localFailure, makeFolder, readLocal, writeLocal } from '../world/files.ts';
import type { Call } from './context.ts';
import { missing, projectOf, required } from './project.ts';
import { isTemplate, type Template, templateFolders, withParts } from './templates.ts';

type Flags = Readonly<Record<string, unknown>>;

const gitignore = `# Keys, and what fl-wizard keeps for itself. fl-network.yaml and app/ are yours to commit.
*.key
.fl-wizard/
runs/
wheels/
`;

/**
 * Writes the files of a new project. An existing app is the user's own and is left alone.
 * @param app the folders that a new one is made of; of two files with one name the later one's is taken
 * @returns what was written, relative to the folder
 * @throws UserError (2, 3)
 */
export async function writeProject(
  directory: string,
  file: string,
  draft: Draft,
  app: readonly string[],
): Promise<readonly string[]> {
  const text = networkText(draft);
  const { problems } = inspectNetwork(text);
  if (problems.length > 0)
    throw new UserError({
      exitCode: exit.invalid,
      doing: 'Writing fl-network.yaml',
      why: problems.map((problem) => `${problem.path}: ${problem.why}`).join('; '),
    });
  await makeFolder(directory, 0o755);
  const written = [...(await copyApp(app, join(directory, 'app')))];
  if (!(await readLocal(join(directory, '.gitignore')))) {
    await writeLocal(join(directory, '.gitignore'), gitignore, 0o644);
    written.push('.gitignore');
  }
  await writeLocal(file, text, 0o644);
  return [relative(directory, file) || basename(file), ...written];
}

async function copyApp(from: readonly string[], to: string): Promise<readonly string[]> {
  if (await listLocal(to)) return [];
  const sources = new Map<string, string>();
  for (const folder of from) for (const name of (await listLocal(folder)) ?? []) sources.set(name, join(folder, name));
  // All of it or nothing: half an app would be taken for the user's own by the next run.
  const half = join(dirname(to), `.${basename(to)}.fl-wizard-tmp`);
  try {
    await rm(half, { recursive: true, force: true });
    await makeFolder(half, 0o755);
    for (const [name, source] of sources) {
      const target = join(half, name);
      await makeFolder(dirname(target), 0o755);
      await writeLocal(target, (await readLocal(source))?.content ?? '', 0o644);
    }
    await rename(half, to);
  } catch (error) {
    await rm(half, { recursive: true, force: true }).catch(() => undefined);
    throw localFailure(error, `Writing ${to}`);
  }
  return ['app/'];
}

/** The draft that the flags describe. @throws UserError (2) naming every missing value with its flag and key */
export function draftOfFlags(flags: Flags): Draft {
  const text = (name: string) => (typeof flags[name] === 'string' ? flags[name] : undefined);
  const many = (name: string): readonly string[] => (Array.isArray(flags[name]) ? flags[name].map(String) : []);
  const [name, address, server, clients] = [text('name'), text('address'), text('server'), many('client')];
  const absent = required.filter((_, at) => [name, address, server, clients[0]][at] === undefined);
  if (absent.length > 0 || name === undefined || address === undefined || server === undefined)
    throw missing(absent, 'Writing fl-network.yaml');
  const identityFile = text('identityFile');
  const login = (words: string): SshDraft => ({ ...parseLogin(words), ...(identityFile ? { identityFile } : {}) });
  return {
    name,
    address: isAddress(address) ? ipAddress(address) : dnsName(address),
    names: many('names'),
    server: login(server),
    clients: clients.map((client) => clientOf(client, login)),
    algorithm: 'ec',
  };
}

function clientOf(text: string, login: (words: string) => SshDraft): Draft['clients'][number] {
  const equals = text.indexOf('=');
  if (equals < 1)
    throw new UserError({
      exitCode: exit.invalid,
      doing: 'Reading --client',
      why: `"${text}" is not NAME=[user@]host[:port]`,
      hint: 'for example --client hosp-a=ubuntu@10.0.0.11',
    });
  return { name: text.slice(0, equals), ssh: login(text.slice(equals + 1)) };
}

export async function init(call: Call, flags: Flags): Promise<ExitCode> {
  const { io } = call;
  if (flags.schema) {
    io.stdout.write(`${JSON.stringify(networkJsonSchema(), null, 2)}\n`);
    return exit.done;
  }
  const { directory, file } = projectOf(call);
  await requireNew(file, io.cwd);
  const template: Template = isTemplate(flags.template) ? flags.template : 'numpy';
  const asked = await draftFor(call, flags);
  if (!asked) return exit.declined;
  const draft = { ...asked, clients: withParts(asked.clients, template) };
  if (call.common.dryRun) {
    io.stdout.write(networkText(draft));
    return exit.done;
  }
  const written = await writeProject(directory, file, draft, templateFolders(template));
  io.stderr.write(`Written to ${relative(io.cwd, directory) || '.'}: ${written.join(', ')}\nNext: fl-wizard up\n`);
  return exit.done;
}

export async function requireNew(file: string, cwd: string): Promise<void> {
  if (!(await readLocal(file))) return;
  throw new UserError({
    exitCode: exit.invalid,
    doing: `Writing ${relative(cwd, file) || file}`,
    why: 'it is there already, and it is yours',
    hint: 'edit it, or choose another folder with -C',
  });
}

/** Flags where there are any or nobody can be asked; else the questions on screen. */
async function draftFor(call: Call, flags: Flags): Promise<Draft | undefined> {
  const { hasScreen, interactive } = await import('./context.ts');
  const given = ['name', 'address', 'server', 'client'].filter((name) => flags[name] !== undefined);
  if (given.length === 4 || !hasScreen(call) || !interactive(call)) return draftOfFlags(flags);
  const { askDraft } = await import('./wizard.ts');
  return askDraft(call, flags);
}
