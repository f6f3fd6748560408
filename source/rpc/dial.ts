/** How a local socket is dialed whose other end is a server with a certificate of the network's CA. */
import { isIP } from 'node:net';
import { checkServerIdentity, createSecureContext, type PeerCertificate } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';
import type { Limit } from '../plan/proof.ts';
import type { Secret } from '../plan/secret.ts';

export type Identity = { readonly certificate: string; readonly key: Secret };

/** What is dialed, and as whom. `identity` is left out to come without a certificate. */
export type Dial = {
  /** Path of a Unix socket. */
  readonly path: string;
  readonly ca: string;
  readonly identity?: Identity;
  /** The name or IP that the server's certificate must hold. */
  readonly serverName: string;
  /** The newest TLS that is offered, where that is to be tried. */
  readonly limit?: Limit;
};

/** A name is never sent for an IP address (RFC 6066), so something has to stand in the SNI. */
const nameless = 'fl-wizard.invalid';

/** @param presented is told the server's certificate once its chain was found to be right */
export function credentialsOf(
  { ca, identity, serverName, limit }: Dial,
  presented: (certificate: PeerCertificate) => void = () => undefined,
): ChannelCredentials {
  const verify = {
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => {
      presented(certificate);
      return checkServerIdentity(serverName, certificate);
    },
  };
  const [root, key, chain] = [Buffer.from(ca), identity?.key.reveal(), identity?.certificate];
  if (limit === undefined)
    return credentials.createSsl(root, key ? Buffer.from(key) : null, chain ? Buffer.from(chain) : null, verify);
  const pair = key && chain ? { key, cert: chain } : {};
  return credentials.createFromSecureContext(createSecureContext({ ca: root, ...pair, maxVersion: 'TLSv1.2' }), verify);
}

export function channelOptions({ serverName }: Dial): ChannelOptions {
  return {
    'grpc.ssl_target_name_override': isIP(serverName) ? nameless : serverName,
    // Each try is a connection of its own: a pooled one would answer for another certificate.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    // While something is asked: a way that is cut without a word is known to be after at most 11 s. An answer may stand
    // behind what a slow link still carries, so it is given the longer part of them.
    'grpc.keepalive_time_ms': 3000,
    'grpc.keepalive_timeout_ms': 8000,
  };
}

export function target({ path }: Dial): string {
  return `unix:${path}`;
}
