import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * One folder for all that a run of the tests puts into the machine's temporary one, gone when the run is over: some
 * tests kill what would have tidied up, and a thousand small folders of each run would stay.
 */
export function setup(): () => void {
  // Each kind of tests has the same setup: the first makes the folder, and takes it away behind the last.
  if (process.env.FL_WIZARD_TEST_CACHE) return () => undefined;
  process.env.FL_WIZARD_TEST_CACHE = join(tmpdir(), 'fl-wizard-test-cache');
  const folder = mkdtempSync(join(tmpdir(), 'flwt-'));
  // Hosts' users go through it to what is theirs; what lies in it is told to nobody.
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
