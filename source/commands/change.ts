/** Other answers for a network that is there: asked as at first, and what they make out of date is seen before it is saved. */
import { basename } from 'node:path';
import type { Before } from '../headless/line-screen.ts';
import { changeAnswers, typedOf } from '../network/change.ts';
import { outdated } from '../network/outdated.ts';
import { parseNetwork } from '../network/read.ts';
import { UserError } from '../plan/failure.ts';
import { fields } from '../ui/fields.ts';
import type { NetworkDraft } from '../ui/screen.tsx';
import { readLocal, writeLocal } from '../world/files.ts';
import { foundIn } from '../world/found.ts';
import { type Call, orAborted } from './context.ts';
import { validate } from './draft.ts';
import type { readProject } from './project.ts';
import { withScriptPort } from './script-port.ts';
import { suggestions } from './start-from.ts';
import { screenFor } from './wizard.ts';

type Project = Awaited<ReturnType<typeof readProject>>;

/** @throws UserError (3) where the file can't be written */
export async function changeNetwork(call: Call, project: Project): Promise<void> {
  const suggest = suggestions(await foundIn(project.directory, call.io.home), project.directory, call.io);
  const screen = await screenFor(call);
  try {
    let known: NetworkDraft = typedOf(project.network);
    for (;;) {
      const stopped = { at: 'summary', answered: fields.length } as const;
      const asking = screen.questions({ ...known, stopped, changes: true }, validate, suggest);
      const asked = await orAborted(asking, call.io.signal, undefined);
      if (!asked || (await changed(call, screen, project, asked))) return;
      known = asked;
    }
  } finally {
    await screen.close();
  }
}

/** @returns false where the answers are to be seen again */
async function changed(
  call: Call,
  screen: Before,
  { file, directory, network }: Project,
  asked: NetworkDraft,
): Promise<boolean> {
  const before = await readLocal(file);
  if (!before) return true;
  const [old, name] = [before.content.toString('utf8'), basename(file)];
  const told = (title: string, lines: readonly string[]) =>
    orAborted(screen.confirm({ title, lines, no: 'back to the answers' }), call.io.signal, false);
  let text: string | undefined;
  try {
    text = changeAnswers(old, { ...asked, identityFile: asked.identityFile.trim() }, name);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return told('These answers do not go together, and nothing was saved', [error.failure.why]);
  }
  if (text === old) return true;
  if (text === undefined)
    return told(`${name} is written in a way that only you can go on with`, [
      'It has an alias, a tag, or clients in one line, and fl-wizard changes nothing that it does not understand to the end.',
      'Change it in your editor: f on the page of the steps opens it, and shows what becomes out of date before it is saved.',
    ]);
  const consequences = outdated(network, await withScriptPort(parseNetwork(text, name), directory));
  const lines =
    consequences.length > 0 ? consequences.map((each) => `- ${each}`) : ['Nothing: all that is there stays right.'];
  const confirm = { title: 'With these answers, out of date are', lines, yes: 'save them', no: 'back to the answers' };
  if (!(await orAborted(screen.confirm(confirm), call.io.signal, false))) return call.io.signal.aborted;
  await writeLocal(file, text, before.mode);
  return true;
}
