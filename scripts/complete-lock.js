// Run this after `npm install` changed package-lock.json. Programs that come prebuilt (biome, buf, esbuild) have one
// optional package per kind of machine, and npm forgets in the lock file those that the registry at hand didn't give it.
// `npm ci` then fails for everybody: "Missing: … from lock file". Without an integrity they are still pinned by version.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isStarted, root, say } from './support/process.js';

const file = join(root, 'package-lock.json');

/** Told by the name, as in `@biomejs/cli-linux-x64-musl`; there is nobody else to ask. */
function machineOf(name) {
  const [os, cpu, libc] =
    /(android|darwin|linux|win32|freebsd)-(armv7|arm64|arm|x64|ia32)(?:-(musl))?$/.exec(name)?.slice(1) ?? [];
  if (os === undefined) throw new Error(`${name}: which machines is it for?`);
  return { cpu: [cpu === 'armv7' ? 'arm' : cpu], libc: libc && [libc], os: [os] };
}

/** The optional packages that some package asks for and the lock file doesn't know, as entries for it. */
export function leftOut({ packages }) {
  const entries = {};
  for (const [path, { optionalDependencies = {}, dev }] of Object.entries(packages)) {
    if (path === '') continue;
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const own = `node_modules/${name}`;
      // Ranges are for packages that do something of their own (cpu-features): npm knows what to do with those.
      if (packages[own] !== undefined || packages[`${path}/${own}`] !== undefined || !/^\d+\.\d+\.\d+$/.test(version))
        continue;
      const { cpu, libc, os } = machineOf(name);
      // In npm's order, so that its next install changes nothing; what is undefined isn't written.
      entries[own] = { version, cpu, dev, libc, optional: true, os };
    }
  }
  return entries;
}

if (isStarted(import.meta.url)) {
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = leftOut(lock);
  const packages = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => a.localeCompare(b, 'en'));
  if (Object.keys(missing).length > 0) {
    writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`);
    say(`added to package-lock.json: ${Object.keys(missing).join(' ')}`);
  }
}
