import { accessSync, constants, writeSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
/** The tests' own Python environment, as `npm test` names it, or where it makes it. */
const python = process.env.FL_WIZARD_PYTHON ?? join(root, '.cache', 'python-test', 'bin', 'python');
const folders = [dirname(python), ...(process.env.PATH ?? '').split(delimiter)];

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Where a tool is that `npm test` installs: in the tests' own environment first, whose versions are pinned.
 * Undefined where it is missing, and said; on CI an error, or it would go green without having looked.
 */
export function tool(name: string): string | undefined {
  const path = folders.map((folder) => join(folder, name)).find(isProgram);
  if (path !== undefined) return path;
  if (process.env.CI === 'true') throw new Error(`${name} is missing: scripts/test.js has to install it`);
  // Not console.error: Vitest would hold it back until a test runs, and these are skipped.
  writeSync(process.stderr.fd, `${name} is missing: what needs it is skipped; \`npm test\` installs it\n`);
  return undefined;
}
