/** `verify --output`: the proof as a file for an audit. */
import { extname } from 'node:path';
import { exit, UserError } from '../plan/failure.ts';
import type { View } from '../plan/reduce.ts';
import { requireWritable, writeLocal } from '../world/files.ts';

const doing = 'Writing the proof';

/** It is made to be handed on, and holds no secret: fingerprints, names and dates. */
const mode = 0o644;

/** Before any host is asked: a mistyped name is not found out after all the work. @throws UserError (2, 3) */
export async function checkOutput(path: string): Promise<void> {
  if (!['.html', '.json'].includes(extname(path)))
    throw new UserError({
      exitCode: exit.invalid,
      doing: 'Reading --output',
      why: `${JSON.stringify(path)} ends neither in .html nor in .json`,
      hint: 'the ending says what is written: proof.html is a page, proof.json a document',
    });
  await requireWritable(path);
}

/** Also of a proof that failed: what is wrong is what an auditor asks about. @throws UserError (3, 6) */
export async function writeProof(path: string, { proved }: View, now: Date): Promise<void> {
  if (!proved)
    throw new UserError({
      exitCode: exit.proof,
      doing,
      why: 'nothing was tried, and no earlier proof is on record',
      hint: 'fl-wizard launch, then fl-wizard verify --output again',
    });
  const { proof, earlier } = proved;
  const written = now.toISOString();
  const text =
    extname(path) === '.json'
      ? `${JSON.stringify({ ...proof, written, earlier }, null, 2)}\n`
      : (await import('./proof-page.ts')).proofPage(proof, { written, earlier });
  await writeLocal(path, text, mode);
}
