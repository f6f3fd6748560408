/** What a run was made with, as its server wrote it (run.json): names and texts, for a table. A host wrote it. */
import { readLocal } from './files.ts';

/** Nothing where there is no such file, or it can't be read. @throws UserError (3) */
export async function settingsIn(path: string): Promise<readonly (readonly [name: string, value: string])[]> {
  const file = await readLocal(path);
  try {
    return file ? flat(JSON.parse(file.content.toString('utf8'))) : [];
  } catch {
    return [];
  }
}

/** A file of some other kind must not fill a page. */
const settingsKept = 100;
const deepest = 5;

function flat(value: unknown, name = '', depth = 0): readonly (readonly [string, string])[] {
  if (value && typeof value === 'object' && !Array.isArray(value) && depth < deepest)
    return Object.entries(value)
      .slice(0, settingsKept)
      .flatMap(([each, inner]) => flat(inner, name === '' ? each : `${name}.${each}`, depth + 1))
      .slice(0, settingsKept);
  if (value === null || (Array.isArray(value) && value.length === 0)) return [];
  const plain = Array.isArray(value) && value.every((each) => typeof each !== 'object');
  return [[name, plain ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value)]];
}
