/** The lines of a local file, however large it is. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { WholeLines } from './agent-answers.ts';
import { localFailure } from './files.ts';

/**
 * By the piece in which they were read; nothing where there is no file. What is behind the last line break comes last, if there is anything.
 * @param flags of open(2), beside those for reading
 * @throws UserError (3)
 */
export async function* linesIn(path: string, flags = 0): AsyncGenerator<readonly string[]> {
  const lines = new WholeLines();
  try {
    // Without O_NONBLOCK, a pipe in the file's place would hold us for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | flags);
    for await (const chunk of handle.createReadStream()) yield lines.take(chunk);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw localFailure(error, `Reading ${path}`);
  }
  const [rest] = lines.take(Buffer.from('\n'));
  if (rest) yield [rest];
}
