/** fl-network.yaml in the user's editor: what another answer makes out of date is seen before it is saved. */
import { spawn } from 'node:child_process';
import { unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Network } from '../network/network.ts';
import type { Keys } from '../network/set-keys.ts';
import { exit, type Place, UserError } from '../plan/failure.ts';
import { inert } from '../ui/inert.ts';
import { readLocal, writeLocal } from '../world/files.ts';
import { choose, type Meanings, tell, toldAndSeen } from './below.ts';
import { type Call, hasScreen } from './context.ts';
import { type Project, projectOf } from './folder.ts';
import { withScriptPort } from './script-port.ts';

/**
 * Opens a copy, until it can be read and its consequences are approved, or somebody gives up.
 * @param change keys with their values that stand in the copy already
 * @returns whether the file is another now
 * @throws UserError (2) where there is no editor, (3)
 */
export async function editNetwork(
  call: Call,
  { file, network }: Project & { readonly network: Network },
  change: Keys = {},
): Promise<boolean> {
  const before = await readLocal(file);
  if (!before) return false;
  const draft = join(dirname(file), `.${basename(file, '.yaml')}.edit.yaml`);
  await writeLocal(draft, await withChange(call, before.content, change), before.mode);
  try {
    for (;;) {
      await inEditor(call, draft, { file });
      const text = (await readLocal(draft))?.content;
      if (!text || call.io.signal.aborted || text.equals(before.content)) return false;
      if (!(await approved(call, network, text.toString('utf8'), file))) continue;
      await writeLocal(file, text, before.mode);
      return true;
    }
  } catch (error) {
    if (error === leave) return false;
    throw error;
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

/**
 * Opens a file of the user's own, where it is wrong.
 * @returns whether it is another now
 * @throws UserError (2) where there is no editor
 */
export async function editFile(call: Call, directory: string, { file, line }: Place): Promise<boolean> {
  const path = join(directory, file);
  const before = await readLocal(path);
  try {
    await inEditor(call, path, { file: path, ...(line === undefined ? {} : { line }) });
  } catch (error) {
    if (error === leave) return false;
    throw error;
  }
  const after = await readLocal(path);
  return !call.io.signal.aborted && (!before || !after?.content.equals(before.content));
}

/** The text with what would end the trouble written into it already, which is said. */
async function withChange(call: Call, content: Buffer, change: Keys): Promise<Buffer | string> {
  if (Object.keys(change).length === 0) return content;
  const { setKeys } = await import('../network/set-keys.ts');
  const changed = setKeys(content.toString('utf8'), change);
  if (changed === undefined) return content;
  const lines = Object.entries(change).map(([key, value]) => `  ${key}: ${value}`);
  await tell(call, ['Written for you in the copy that is opened now:', ...lines]);
  return changed;
}

/** Somebody wants neither this text nor another one. */
const leave = new Error('left');

/** @returns false where it is to be edited again. @throws `leave` */
async function approved(call: Call, network: Network, text: string, file: string): Promise<boolean> {
  const [{ inspectNetwork }, { completeNetwork }, { outdated }] = await Promise.all([
    import('../network/read.ts'),
    import('../network/network.ts'),
    import('../network/outdated.ts'),
  ]);
  const { value, problems } = inspectNetwork(text);
  if (!value || problems.length > 0) {
    const lines = problems.map(({ path, why, line, column }) => `  ${line}:${column} ${path ? `${path}: ` : ''}${why}`);
    await tell(call, [`${basename(file)} can’t be used like this, and nothing was saved:`, ...lines]);
    return savedBy(call, 'enter edits it again, q leaves:', { enter: 'again', q: 'leave' });
  }
  const old = outdated(network, await withScriptPort(completeNetwork(value), projectOf(call).directory));
  const words = old.map((each) => `  - ${each}`);
  await tell(call, old.length > 0 ? ['With this, out of date are:', ...words] : ['With this, nothing is out of date.']);
  return savedBy(call, 'y saves it, enter edits it again, q leaves:', { y: 'save', enter: 'again', q: 'leave' });
}

type Wish = 'save' | 'again' | 'leave';

async function savedBy(call: Call, question: string, meanings: Meanings<Wish>): Promise<boolean> {
  const wish = await choose<Wish>(call, question, meanings, 'leave');
  if (wish === 'leave') throw leave;
  return wish === 'save';
}

const aboutVi = [
  'EDITOR is not set, so this opens vi.',
  'There i begins to type; esc, then :wq and enter, saves and leaves; esc, then :q! and enter, leaves all as it was.',
];

/** Editors that begin at a line that is said as +12. */
const takesLine = /^(\S*\/)?(vi|vim|nvim|view|nano|pico|emacs|emacsclient|micro|joe|jed|mg|mcedit|kak|ne)( |$)/;

/** Terminals that have been told how vi is left: once is enough. */
const told = new WeakSet<Call['io']['stdin']>();

/**
 * Whom nobody has told can't leave vi, and its own screen covers what was said before. Who hears lines hears nothing of it.
 * @throws `leave`
 */
async function beforeVi(call: Call, file: string): Promise<void> {
  const { stdin } = call.io;
  if (!hasScreen(call)) {
    const another = `Set EDITOR to one that you know, or edit ${file} elsewhere and come back.`;
    await tell(call, ['EDITOR is not set, so this opens vi, which draws a screen and tells no lines.', another]);
    if (!told.has(stdin)) await tell(call, aboutVi.slice(1));
    told.add(stdin);
    const opens = await choose(call, 'y opens vi, Enter leads back:', { y: true, enter: false, q: false }, false);
    if (!opens) throw leave;
  } else if (!told.has(stdin)) {
    told.add(stdin);
    await toldAndSeen(call, aboutVi);
  }
}

/** What is opened: the file that it stands for, and where in it. */
type Opened = { readonly file: string; readonly line?: number };

/** As git does: $VISUAL, $EDITOR, else vi. A shell reads it, since it may have words of its own. @throws `leave` */
async function inEditor(call: Call, path: string, { file, line }: Opened): Promise<void> {
  const { io } = call;
  const own = io.env.VISUAL || io.env.EDITOR;
  const editor = own || 'vi';
  if (!own) await beforeVi(call, file);
  if (io.signal.aborted) throw leave;
  const at = line !== undefined && takesLine.test(editor) ? [`+${line}`] : [];
  // A screen before has left the terminal being read: some of the editor's keys would come here. Only what flows is paused.
  if (io.stdin.isTTY) io.stdin.resume().pause();
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', `${editor} "$@"`, 'fl-wizard', ...at, path], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code === 0) return;
  throw new UserError({
    exitCode: exit.invalid,
    doing: `Opening ${basename(path)} in ${inert(editor)}`,
    why: code === 127 ? 'there is no such editor' : `it ended with ${code}`,
    hint: `set EDITOR, or edit ${basename(file)} by hand and start again`,
  });
}
