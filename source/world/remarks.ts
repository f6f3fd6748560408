/** Looks at answers while somebody gives them: whether a host has an address, and whether a key file is one. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { parseLogin } from '../network/write.ts';
import { allNear } from '../plan/nearest.ts';
import { readSshConfig, type SshConfig } from '../ssh/config-file.ts';
import { resolveTarget, type Target } from '../ssh/host.ts';
import { readKeyFile } from '../ssh/identity.ts';
import { hostNames } from './aliases.ts';

/** How long a name may take to be looked up, milliseconds. */
const patience = 3000;
/** More names at a time would hold up each other: the system looks up four at once. */
const most = 100;

export type RemarkOptions = {
  /** The operator's home folder. */
  readonly home: string;
  readonly user: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Looks a name up; for tests. */
  readonly resolve?: (name: string) => Promise<unknown>;
};

/** Somebody may have meant one of these, the likeliest first: whoever is told knows which of them are in use already. */
export type Slip = { readonly text: string; readonly meant: readonly string[] };

/** What there is to say of an answer that is taken all the same. */
export function remarksFor(options: RemarkOptions) {
  const { home, resolve = (name) => lookup(name) } = options;
  let config: Promise<SshConfig | undefined> | undefined;
  let waiting = 0;
  const target = async (entry: Parameters<typeof resolveTarget>[0]): Promise<Target | undefined> => {
    // Of a file that ssh would refuse, too, the logins will tell.
    config ??= readSshConfig(home).catch(() => undefined);
    try {
      return resolveTarget(entry, { home, config: await config, defaultUser: options.user, env: options.env });
    } catch {
      return undefined;
    }
  };
  const hostRemark = async (text: string): Promise<string | Slip | undefined> => {
    const { host } = parseLogin(text);
    const found = await target({ host });
    // Behind a jump host or a command, only those know the name.
    if (
      !found ||
      isIP(found.address) ||
      found.proxyJump.length > 0 ||
      found.proxyCommand !== undefined ||
      waiting >= most
    )
      return undefined;
    waiting += 1;
    try {
      const code = await codeOf(resolve(found.address));
      return code === undefined ? undefined : unresolved(host, found.address, code, hostNames((await config) ?? []));
    } finally {
      waiting -= 1;
    }
  };
  return async (kind: 'ssh' | 'identityFile', value: string): Promise<string | Slip | undefined> =>
    kind === 'ssh' ? hostRemark(value) : keyRemark(value, await target({ host: 'any', identityFile: value }));
}

/** Why a name has no address, as Node's code, or `late` where nobody answers in time; nothing where it has one. */
async function codeOf(looked: Promise<unknown>): Promise<string | undefined> {
  const over = new AbortController();
  const failed = looked.then(
    () => undefined,
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : undefined),
  );
  const late = pause(patience, 'late', { signal: over.signal, ref: false }).catch(() => undefined);
  try {
    return await Promise.race([failed, late]);
  } finally {
    over.abort();
  }
}

function unresolved(
  host: string,
  address: string,
  code: string,
  aliases: readonly string[],
): string | Slip | undefined {
  const isAlias = host.toLowerCase() !== address.toLowerCase() || aliases.includes(host);
  const meant = isAlias ? [] : allNear(host, aliases);
  const slip = 'a slip, or not there yet';
  // One that is nearly a Host of the file is that Host, whatever DNS may say of it later.
  if (meant.length > 0 && ['ENOTFOUND', 'EAI_AGAIN', 'late'].includes(code))
    return {
      text: `${host} is no Host of ~/.ssh/config, and ${code === 'ENOTFOUND' ? 'no DNS name' : 'no DNS answers'}`,
      meant,
    };
  const what = isAlias ? undefined : `no Host ${host} is in ~/.ssh/config`;
  const name = what === undefined ? `${address} (${host} of ~/.ssh/config)` : address;
  const also = what === undefined ? '' : `, and ${what}`;
  if (code === 'ENOTFOUND') return `${name} has no address that could be found${also}; ${slip}`;
  if (code === 'EAI_AGAIN') return `${name} can’t be looked up now: no DNS answers${also}`;
  return undefined;
}

/** Why a file would let nobody in. */
async function keyRemark(path: string, found: Target | undefined): Promise<string | undefined> {
  const [file] = found?.identityFiles ?? [];
  if (file === undefined) return undefined;
  const key = await readKeyFile(file);
  if ('text' in key) {
    if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----|^PuTTY-User-Key-File/.test(key.text)) return undefined;
    return key.publicBlob
      ? `${path} is a public key: name the private one (without .pub), unless the SSH agent holds it`
      : `${path} holds no private key`;
  }
  // One that is in the agent only is known by the .pub beside its name.
  if (key.problem === 'no such file') return key.publicBlob ? undefined : `${path} is not there`;
  if (key.problem.startsWith('not used')) return `${path} is not used, since others may read it: chmod 600 ${path}`;
  return `${path} ${key.problem}`;
}
