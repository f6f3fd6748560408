import { exit, type Failure, UserError } from '../plan/failure.ts';
import { proxyReason } from './explain-proxy.ts';
import { loginReason } from './login-reason.ts';
import { place } from './place.ts';
import type { Progress, Reason } from './progress.ts';
import { firstLine, plain, seconds } from './said.ts';
import type { Target } from './target.ts';

/** What sshd says, since OpenSSH 8.5, to those that it turns away; before that it said nothing. */
const refusals = /^(Exceeded MaxStartups|Not allowed at this time)/;

/** Whether the host closed the connection before it greeted, as a busy sshd does. */
export function turnedAway({ stage, heard, waited, proxy }: Progress): boolean {
  const said = heard.toString('latin1');
  if (stage !== 'greeting' || waited !== undefined) return false;
  // A ProxyCommand that fails, fails again.
  return refusals.test(said) || (said === '' && (!proxy || proxy.ending?.code === 0));
}

/** The error (exit 4) for a connection that didn't come to be. */
export function connectionError(progress: Progress, error: Error | undefined): UserError {
  return notConnected(progress, reason(progress, error));
}

/** The same for a reason that is known. */
export function notConnected(
  { name, host, target, through }: Pick<Progress, 'name' | 'host' | 'target' | 'through'>,
  reason: Pick<Failure, 'why' | 'hint'>,
): UserError {
  const way = target.proxyCommand ? ' by its ProxyCommand' : through ? ` through ${through}` : '';
  return new UserError({
    exitCode: exit.connection,
    host,
    doing: `Connecting to ${name} (${place(target)})${way}`,
    ...reason,
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
      hint: `check ${portKey(progress.target)}`,
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

/** What has to be looked at where the port may be wrong. */
function portKey({ portFromConfig }: Target): string {
  return portFromConfig ? 'Port of this host in ~/.ssh/config' : 'ssh.port in fl-network.yaml';
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
  // A host on the way has no address of its own in fl-network.yaml.
  const named =
    progress.name === progress.host ? undefined : 'proxyJump (ssh.proxyJump, or ProxyJump in ~/.ssh/config)';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return {
      why: `the name ${target.address} is unknown here`,
      hint: `check ${named ?? 'ssh.host in fl-network.yaml'}, or write the IP address`,
    };
  }
  if (code === 'ECONNREFUSED') {
    return {
      why: `refused: nothing listens on port ${target.port} there`,
      hint: `check ${named ?? portKey(target)}, and that sshd runs on the host`,
    };
  }
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return {
      why: 'there is no route to it from here',
      hint: 'check the network, a VPN, or whether it needs proxyJump',
    };
  }
  if (code === 'ETIMEDOUT') return droppedReason(target, undefined);
  if (code === 'ECONNRESET') {
    return {
      why: `what answers on port ${target.port} there closed the connection at once (reset)`,
      hint: 'a firewall may do that, or an sshd that lets nobody in from here',
    };
  }
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

/** Node wraps the failures of several addresses of one name into one error. */
function codeOf(error: Error | undefined): string | undefined {
  const own = error && 'code' in error ? error.code : undefined;
  const first = error instanceof AggregateError ? error.errors[0] : undefined;
  return typeof own === 'string' && own !== '' ? own : first instanceof Error ? codeOf(first) : undefined;
}
