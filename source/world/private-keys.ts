/** Private keys of somebody's ~/.ssh, by their paths: only their first line is read, and nothing of it is kept. */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** More than an eye takes in. */
const most = 50;

/** As they are written for ssh: `~/.ssh/id_ed25519`. Nothing where there is none, or the folder can't be read. */
export async function privateKeysIn(home: string): Promise<readonly string[]> {
  const folder = join(home, '.ssh');
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.pub')).map(({ name }) => name);
  const keys = await Promise.all(
    names
      .sort()
      .slice(0, most)
      .map(async (name) => ((await isPrivateKey(join(folder, name))) ? [name] : [])),
  );
  return keys.flat().map((name) => `~/.ssh/${name}`);
}

async function isPrivateKey(path: string): Promise<boolean> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
      return /^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(buffer.toString('latin1', 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}
