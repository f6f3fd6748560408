/** `init`: fl-network.yaml, an app to start from, and a .gitignore. Asks in a terminal, else from flags. */
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { inspectNetwork, networkJsonSchema } from '../network/read.ts';
import { type Draft, networkText } from '../network/write.ts';
import { type Happening, withTime } from '../plan/event.ts';
import { type ExitCode, exit, UserError } from '../plan/failure.ts';
import { inert } from '../ui/inert.ts';
import type { NetworkDraft } from '../ui/screen.tsx';
import { aliasesIn } from '../world/aliases.ts';
import { haveFolder, listLocal, localFailure, makeFolder, readLocal, writeLocal } from '../world/files.ts';
import { type Found, foundIn } from '../world/found.ts';
import { type App, type AppSource, appFor, filesOf, withParts } from './app-source.ts';
import type { Call } from './context.ts';
import { completed, draftOf, type Flags, refuse, type Said, saidBy } from './draft.ts';
import { projectOf } from './folder.ts';
import { forget } from './kept.ts';

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
  app: readonly AppSource[],
): Promise<readonly string[]> {
  const text = networkText(draft);
  const { problems } = inspectNetwork(text);
  if (problems.length > 0)
    throw new UserError({
      exitCode: exit.invalid,
      doing: 'Writing fl-network.yaml',
      why: problems.map((problem) => `${problem.path}: ${problem.why}`).join('; '),
    });
  await haveFolder(directory, 0o755);
  const written = [...(await copyApp(app, join(directory, 'app')))];
  if (!(await readLocal(join(directory, '.gitignore')))) {
    await writeLocal(join(directory, '.gitignore'), gitignore, 0o644);
    written.push('.gitignore');
  }
  await writeLocal(file, text, 0o644);
  await forget(directory);
  return [relative(directory, file) || basename(file), ...written];
}

async function copyApp(from: readonly AppSource[], to: string): Promise<readonly string[]> {
  if (await listLocal(to)) return [];
  const sources = await filesOf(from);
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

export async function init(call: Call, flags: Flags): Promise<ExitCode> {
  const { io } = call;
  if (flags.schema) {
    io.stdout.write(`${JSON.stringify(networkJsonSchema(), null, 2)}\n`);
    return exit.done;
  }
  const { directory, file } = projectOf(call);
  await requireNew(file, io.cwd);
  const said = await saidBy(flags, io.cwd, await aliasesIn(io.home));
  const found = await foundIn(directory, io.home);
  const app = await appFor({ directory, cwd: io.cwd }, said, found);
  const asked = await draftFor(call, said, { found, app, goesOn: flags.fromAnswers === undefined });
  if (!asked) return exit.declined;
  const draft = { ...asked, clients: await withParts(asked.clients, app.sources) };
  if (call.common.dryRun && !call.common.json) {
    io.stdout.write(networkText(draft));
    return exit.done;
  }
  const dry = call.common.dryRun === true;
  const written = dry ? [] : await writeProject(directory, file, draft, app.sources);
  if (call.common.json) {
    const outcome = dry ? 'unchanged' : 'changed';
    const event: Happening = { type: 'session-finished', outcome, exitCode: exit.done, written };
    io.stdout.write(`${JSON.stringify(withTime(event, () => new Date()))}\n`);
  }
  if (!dry)
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

/** What the questions would say of these answers: nothing of it is in the way. */
async function tellRemarks({ io }: Call, { clients, ...answers }: NetworkDraft, found: Found): Promise<void> {
  const [{ takenSaid, worded }, { remarkFor }] = await Promise.all([
    import('../ui/remarks.ts'),
    import('./start-from.ts'),
  ]);
  const remark = remarkFor(found.configuration, io);
  const all = { clients, answers: { ...answers, names: '' } };
  const remarks = await Promise.all(
    takenSaid(all).map(async (said) => {
      const noted = await remark(said.kind, said.value).catch(() => undefined);
      return noted === undefined ? [] : [worded(noted, all, said)];
    }),
  );
  for (const text of new Set(remarks.flat())) io.stderr.write(`Note: ${inert(text)}\n`);
}

type Here = { readonly found: Found; readonly app: App; readonly goesOn: boolean };

/** What flags and answers say where that is all, or nobody can be asked, with what lies here; else the questions, with all that in them. */
async function draftFor(call: Call, said: Said, { found, app, goesOn }: Here): Promise<Draft | undefined> {
  const { interactive } = await import('./context.ts');
  const whole = said.name && said.address && said.server && said.clients;
  if (!whole && interactive(call)) {
    refuse('Reading --client', said.wrong ?? []);
    const { askDraft } = await import('./guide.ts');
    return askDraft(call, { ...said, app: app.about }, goesOn);
  }
  const { prefillFrom, takenLines, unsaid, withSubject } = await import('./start-from.ts');
  const taken = unsaid(prefillFrom(found), said);
  const { unused } = taken.from ?? {};
  // Before what is missing then is an error.
  if (unused !== undefined) call.io.stderr.write(`${inert(`Not taken: ${unused}`)}\n`);
  const answers = completed({ ...taken, ...said });
  const draft = withSubject(draftOf(answers), found);
  for (const line of [...takenLines(taken, draft, found), ...(app.said ? [app.said] : [])])
    call.io.stderr.write(`${inert(line)}\n`);
  await tellRemarks(call, answers, found);
  return draft;
}
