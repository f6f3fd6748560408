import { exit, UserError } from '../plan/failure.ts';
import { proxyReason } from './explain-proxy.ts';
import type { ProxyCommand } from './proxy-command.ts';
import { firstLine, plain } from './said.ts';
import type { Target } from './target.ts';

/** How far a connection got, for saying why it got no further. */
export type Progress = {
  readonly target: Target;
  /** The host's name for messages, and the hop before it: `client2`, `bastion:22`. */
  readonly name: string;
  readonly host: string;
  readonly through: string | undefined;
  /** What makes the connection, where that is not us. */
  proxy?: ProxyCommand;
  stage: 'dialing' | 'greeting' | 'key exchange' | 'login';
  /** The first bytes that came, until the greeting was understood. */
  heard: Buffer;
  /** Milliseconds that were waited, where the deadline passed. */
  waited?: number;
  readonly tried: readonly string[];
  /** The ways to log in that the host offers, where it said so. */
  methods?: readonly string[];
};

/** Why, and what to try. */
export type Reason = { readonly why: string; readonly hint: string };

/** What sshd says, since OpenSSH 8.5, to those that it turns away; before that it said nothing. */
const refusals = /^(Exceeded MaxStartups|Not allowed at this time)/;

/** Whether the host closed the connection before it greeted, as a busy sshd does. */
export function turnedAway({ stage, heard, waited, proxy }: Progress): boolean {
  const said = heard.toString('latin1');
  if (stage !== 'greeting' || waited !== undefined) return false;
  // A ProxyCommand that fails, fails again.
  return refusals.test(said) || (said === '' && (!proxy || proxy.ending?.code === 0));
}

/** Address and port as people write them. */
export function place(target: Target): string {
  const address = target.address.includes(':') ? `[${target.address}]` : target.address;
  return `${address}:${target.port}`;
}

/** The error (exit 4) for a connection that didn't come to be. */
export function connectionError(progress: Progress, error: Error | undefined): UserError {
  const through = progress.proxy ? ' by its ProxyCommand' : progress.through ? ` through ${progress.through}` : '';
  return new UserError({
    exitCode: exit.connection,
    host: progress.host,
    doing: `Connecting to ${progress.name} (${place(progress.target)})${through}`,
    ...reason(progress, error),
  });
}

function reason(progress: Progress, error: Error | undefined): Reason {
  if (progress.stage === 'login') return loginReason(progress, error);
  // Before the greeting nothing but the command itself can be at fault, or whom it asks.
  const { proxy, waited } = progress;
  if (proxy && progress.stage !== 'key exchange' && !refusals.test(progress.heard.toString('latin1')))
    return proxyReason(proxy, progress, waited === undefined ? undefined : seconds(waited));
  if (progress.stage === 'dialing') return dialReason(progress, error);
  const heard = firstLine(progress.heard);
  if (turnedAway(progress)) {
    return {
      why: `it turned the connection away${heard === '' ? ' without a word' : `: ${heard}`}`,
      hint: 'its sshd may be busy (MaxStartups) or keep this address out (fail2ban, hosts.deny): try again in a minute',
    };
  }
  if (progress.stage === 'greeting' && heard !== '' && !heard.startsWith('SSH-')) {
    return {
      why: `what answers there is no SSH server: it said ${JSON.stringify(heard)}`,
      hint: 'check ssh.port in fl-network.yaml',
    };
  }
  if (progress.waited !== undefined) {
    return {
      why: `it took the connection and then said nothing more for ${seconds(progress.waited)}`,
      hint: 'check that the port is that of its SSH server, and that the host is not overloaded',
    };
  }
  return {
    why: `no agreement on how to talk: ${error ? plain(error.message) : 'it closed the connection'}`,
    hint: `compare with: ssh -v -p ${progress.target.port} ${progress.target.user}@${progress.target.address}`,
  };
}

/** SSH_OPEN_ADMINISTRATIVELY_PROHIBITED (RFC 4254, 5.1). */
const prohibited = 1;

/** Reasons by the error codes of Node's sockets, and those of a jump host. */
function dialReason(progress: Progress, error: Error | undefined): Reason {
  const { target, through } = progress;
  if (progress.waited !== undefined) return droppedReason(target, progress.waited);
  if (through !== undefined) {
    if (error && 'reason' in error && error.reason === prohibited) {
      return {
        why: `${through} forbids to go on from it`,
        hint: `allow AllowTcpForwarding in the sshd_config of ${through}`,
      };
    }
    const said = plain(error?.message ?? '').replace(/^\(SSH\) Channel open failure: /, '');
    return {
      why: `${through} could not reach it: ${said || 'it gave no reason'}`,
      hint: 'check address and port as that host sees them, and whether it is up',
    };
  }
  const code = codeOf(error);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      why: `the name ${target.address} is unknown here`,
      hint: 'check ssh.host in fl-network.yaml, or write the IP address',
    };
  }
  if (code === 'ECONNREFUSED') {
    return {
      why: `refused: nothing listens on port ${target.port} there`,
      hint: 'check ssh.port, and that sshd runs on the host',
    };
  }
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return {
      why: 'there is no route to it from here',
      hint: 'check the network, a VPN, or whether it needs proxyJump',
    };
  }
  if (code === 'ETIMEDOUT') return droppedReason(target, undefined);
  return {
    why: error ? plain(error.message) : 'the connection was closed',
    hint: 'check the address, the port and the network',
  };
}

function droppedReason(target: Target, waited: number | undefined): Reason {
  return {
    why: `timed out${waited === undefined ? '' : ` after ${seconds(waited)}`}: the host is off, or a firewall drops what is sent to port ${target.port}`,
    hint: "check the address, and that the firewall (a cloud's security group) lets this machine in",
  };
}

function loginReason({ target, tried, methods, waited }: Progress, error: Error | undefined): Reason {
  const keys = tried.length === 0 ? 'there was no key to try' : `tried ${tried.join(', ')}`;
  if (waited !== undefined)
    return {
      why: `login as ${target.user} did not end within ${seconds(waited)}; ${keys}`,
      hint: 'is the host overloaded? try again',
    };
  if (methods && !methods.includes('publickey')) {
    return {
      why: `login as ${target.user} failed: it takes no keys, only ${methods.join(', ')}`,
      hint: 'allow PubkeyAuthentication in its sshd_config',
    };
  }
  const said = error && /too many authentication/i.test(error.message) ? ' (too many keys were offered)' : '';
  return {
    why: `login as ${target.user} failed${said}; ${keys}`,
    hint:
      said === ''
        ? `check ssh.user and ssh.identityFile, and that the public key is in ~${target.user}/.ssh/authorized_keys there`
        : 'name the right key by ssh.identityFile, or set IdentitiesOnly yes in ~/.ssh/config',
  };
}

/** Node wraps the failures of several addresses of one name into one error. */
function codeOf(error: Error | undefined): string | undefined {
  const own = error && 'code' in error ? error.code : undefined;
  const first = error instanceof AggregateError ? error.errors[0] : undefined;
  return typeof own === 'string' && own !== '' ? own : first instanceof Error ? codeOf(first) : undefined;
}

const seconds = (milliseconds: number) => `${Number((milliseconds / 1000).toFixed(1))} s`;
