/** Asks a host's Python whether it can read an app; its answer is read with care. */
import * as z from 'zod';
import type { Member } from '../network/network.ts';
import type { AppSources, SyntaxFault } from '../plan/survey.ts';
import { checked } from './answer.ts';
import type { Remote } from './remote.ts';

const words = z.string().max(1000);
/** A file that was sent, and no other: an editor may be opened at it. */
const answerAbout = (files: AppSources['files']) => {
  const file = words.refine((name) => Object.hasOwn(files, name));
  return z.object({ trouble: z.object({ file, line: z.int().min(0), text: words, why: words }).optional() });
};

/** @throws UserError (4, 5) */
export async function syntaxOn(
  remote: Remote,
  member: Member,
  { files, entries }: AppSources,
): Promise<SyntaxFault | undefined> {
  const doing = `Reading the app with the Python of ${member.name}`;
  // As bytes: a file may say which encoding it has.
  const encoded = Object.fromEntries(
    Object.entries(files).map(([name, content]) => [name, content.toString('base64')]),
  );
  return checked(answerAbout(files), await remote.call(member, { verb: 'syntax', files: encoded, entries }, doing))
    .trouble;
}
