/** fl-network.yaml in the user's editor: what another answer makes out of date is seen before it is saved. */
import { spawn } from 'node:child_process';
import { unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Network } from '../network/network.ts';
import type { Keys } from '../network/set-keys.ts';
import { exit, type Place, UserError } from '../plan/failure.ts';
import { inert } from '../ui/inert.ts';
import { readLocal, writeLocal } from '../world/files.ts';
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
      await inEditor(call, draft);
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
  await inEditor(call, path, line);
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
  tell(call, ['Written for you in the copy that is opened now:', ...lines]);
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
    tell(call, [`${basename(file)} can’t be used like this, and nothing was saved:`, ...lines]);
    return choose(call, 'enter edits it again, q leaves: ', { q: 'leave' });
  }
  const old = outdated(network, await withScriptPort(completeNetwork(value), projectOf(call).directory));
  const words = old.map((each) => `  - ${each}`);
  tell(call, old.length > 0 ? ['With this, out of date are:', ...words] : ['With this, nothing is out of date.']);
  return choose(call, 'y saves it, enter edits it again, q leaves: ', { y: 'yes', q: 'leave' });
}

function tell({ io }: Call, lines: readonly string[]): void {
  io.stderr.write(`${lines.map((line) => inert(line)).join('\n')}\n`);
}

async function choose(call: Call, question: string, keys: Readonly<Record<string, 'yes' | 'leave'>>): Promise<boolean> {
  const { io } = call;
  // A screen that was closed has let go of it, and nobody would wait for what is typed.
  io.stdin.ref?.();
  // Where there are lines only, Node's own line editor would draw.
  const reader = createInterface({
    input: io.stdin,
    output: io.stderr,
    terminal: io.stderr.isTTY === true && hasScreen(call),
  });
  reader.on('SIGINT', io.interrupt);
  try {
    // A terminal that hangs up says nothing more; what it said last counts.
    const ended = new Promise<string>((resolve) => reader.once('close', () => setImmediate(resolve, 'q')));
    const typed = await Promise.race([reader.question(question, { signal: io.signal }).catch(() => 'q'), ended]);
    const chosen = keys[typed.trim().toLowerCase()];
    if (chosen === 'leave') throw leave;
    return chosen === 'yes';
  } finally {
    reader.close();
    io.stdin.unref?.();
  }
}

/** What went wrong below a screen that comes back at once would be seen by nobody. */
export async function toldAndSeen(call: Call, lines: readonly string[]): Promise<void> {
  tell(call, lines);
  await choose(call, 'enter goes on: ', {}).catch(() => undefined);
}

const aboutVi = [
  'EDITOR is not set, so this opens vi. There i begins to type; esc, then :wq and enter, saves and leaves.',
  'esc, then :q! and enter, leaves all as it was.',
];

/** Editors that begin at a line that is said as +12. */
const takesLine = /^(\S*\/)?(vi|vim|nvim|view|nano|pico|emacs|emacsclient|micro|joe|jed|mg|mcedit|kak|ne)( |$)/;

/** As git does: $VISUAL, $EDITOR, else vi. A shell reads it, since it may have words of its own. */
async function inEditor(call: Call, path: string, line?: number): Promise<void> {
  const { io } = call;
  const own = io.env.VISUAL || io.env.EDITOR;
  const editor = own || 'vi';
  // Whom nobody has told can't leave it, and its own screen covers what was said before.
  if (!own) await toldAndSeen(call, aboutVi);
  if (io.signal.aborted) throw leave;
  const at = line !== undefined && takesLine.test(editor) ? [`+${line}`] : [];
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
    hint: `set EDITOR, or edit ${line === undefined ? 'fl-network.yaml' : basename(path)} by hand and start again`,
  });
}
