import { exit, UserError } from '../plan/failure.ts';

/** How a host is written in fl-network.yaml. */
export type SshEntry = {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  readonly identityFile?: string;
  /** Hosts to go through, `[user@]host[:port]`, separated by commas; `none` for no hosts and no ProxyCommand. */
  readonly proxyJump?: string;
  /** The fingerprint of the host's key, `SHA256:…`. */
  readonly hostKey?: string;
};

/**
 * `[ssh://][user@]host[:port]`, the host in brackets where it is an IPv6 address.
 * @param host the host that is to be reached, for the message
 */
export function parseHop(text: string, host: string): SshEntry {
  const match =
    /^(?:ssh:\/\/)?(?:(?<user>.+)@)?(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^:@/]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*))(?::(?<port>\d+))?\/?$/.exec(
      text.trim(),
    );
  const name = match?.groups?.bracketed ?? match?.groups?.plain;
  if (!name) {
    throw new UserError({
      exitCode: exit.invalid,
      doing: `Reading the SSH settings of ${host}`,
      why: `${JSON.stringify(text)} is no host to jump through`,
      hint: 'write proxyJump as [user@]host[:port], several separated by commas',
    });
  }
  const { user, port } = match?.groups ?? {};
  return { host: name, ...(user && { user }), ...(port && { port: Number(port) }) };
}
