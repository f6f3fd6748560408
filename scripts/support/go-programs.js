// Programs of the tests that are to be had as Go modules, built by the Go that comes as a wheel (see python.js).
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run, say } from './process.js';

/** Name → module and version. */
export const goPrograms = {
  // Later versions do not build this way.
  zlint: 'github.com/zmap/zlint/v3/cmd/zlint@v3.7.1',
  'toxiproxy-server': 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0',
};

/**
 * Builds a program beside the `go` of a folder. Where no Go modules are to be had, the other tests can still be run:
 * those that need it say so.
 */
export async function installGoProgram(name, folder) {
  const module = goPrograms[name];
  // Go names what it builds by its folder: "server" is no name for what many look for.
  const built = mkdtempSync(join(folder, 'building-'));
  // Neither another Go of this machine nor a C compiler has a part in it.
  const env = { ...process.env, GOBIN: built, GOROOT: '', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
  try {
    const status = await run(join(folder, 'go'), ['install', module], { title: `building ${name} for the tests`, env });
    if (status === 0) renameSync(join(built, basename(module.split('@')[0])), join(folder, name));
    else say(`tests that need ${name} can't run here`);
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
}
