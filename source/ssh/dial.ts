import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { ProxyCommand } from './proxy-command.ts';
import type { Target } from './target.ts';

/** The first stretch to a host: a socket of ours, or what its ProxyCommand brings. */
export function dial(target: Target): Duplex {
  if (target.proxyCommand !== undefined) return new ProxyCommand(target.proxyCommand);
  return connect({
    host: target.address,
    port: target.port,
    // Small packets go back and forth: waiting to fill them (Nagle) doubles the time of a login.
    noDelay: true,
    ...(target.addressFamily === undefined ? {} : { family: target.addressFamily }),
    ...(target.bindAddress === undefined ? {} : { localAddress: target.bindAddress }),
  });
}
