import { exit, UserError } from '../plan/failure.ts';
import type { ConnectOptions } from './connect-options.ts';
import type { Deadline } from './deadline.ts';
import { blobType, fingerprint, lookUp } from './known-hosts.ts';
import { askOnce } from './questions.ts';
import type { Target } from './target.ts';

/** The name and port under which a target's key is looked up: an alias has no port (ssh_config(5), HostKeyAlias). */
export function keyName(target: Target): { address: string; port: number } {
  return target.hostKeyAlias
    ? { address: target.hostKeyAlias, port: 22 }
    : { address: target.address, port: target.port };
}

/** One host's key as it was shown. */
export type ShownKey = { readonly target: Target; readonly name: string; readonly blob: Buffer };

/**
 * Decides on the key that a host shows: the pinned fingerprint, else the known hosts, else a question.
 * @returns nothing where the key is to be trusted, otherwise the error (exit 4) that says why not
 */
export async function judgeHostKey(
  { target, name, blob }: ShownKey,
  options: ConnectOptions,
  deadline: Deadline,
): Promise<UserError | undefined> {
  const shown = fingerprint(blob);
  const keyType = blobType(blob) ?? 'unknown';
  const refuse = (why: string, hint: string) =>
    new UserError({
      exitCode: exit.connection,
      host: options.name,
      doing: `Checking the host key of ${name}`,
      why,
      hint,
    });
  if (target.hostKey !== undefined) {
    if (target.hostKey === shown) return undefined;
    return refuse(
      `it shows ${shown} (${keyType}), but fl-network.yaml expects ${target.hostKey}: another host answers there, or its key was changed`,
      'find out which; if the key was changed on purpose, put the new fingerprint into hostKey: in fl-network.yaml',
    );
  }
  const { address, port } = keyName(target);
  const verdict = lookUp(options.knownHosts, address, port, keyType, blob);
  if (verdict === 'known') return undefined;
  const lookedUp = port === 22 ? address : `[${address}]:${port}`;
  if (verdict === 'revoked')
    return refuse(`it shows ${shown} (${keyType}), which is marked @revoked`, 'do not connect; ask who runs the host');
  if (verdict !== 'unknown') {
    return refuse(
      `it shows ${shown} (${keyType}), but the known one is ${verdict.changed.join(' or ')}: another host answers there, or its key was changed`,
      `find out which; if the key was changed on purpose, remove the old one: ssh-keygen -R '${lookedUp}' (-f .fl-wizard/known_hosts for ours)`,
    );
  }
  const question = { name, address, port, keyType, fingerprint: shown, blob };
  const trusted = await deadline.pausedFor(() =>
    askOnce(options.trust, `${address} ${port} ${shown}`, () => options.trust(question)),
  );
  if (trusted) return undefined;
  return refuse(
    `its key is not known yet: ${shown} (${keyType})`,
    `compare it with the host's own, then use --accept-new-host-keys or write hostKey: "${shown}" in fl-network.yaml`,
  );
}
