/** How a local socket is dialed whose other end is a server with a certificate of the network's CA. */
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';
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
};

/** A name is never sent for an IP address (RFC 6066), so something has to stand in the SNI. */
const nameless = 'fl-wizard.invalid';

export function credentialsOf({ ca, identity, serverName }: Dial): ChannelCredentials {
  return credentials.createSsl(
    Buffer.from(ca),
    identity ? Buffer.from(identity.key.reveal()) : null,
    identity ? Buffer.from(identity.certificate) : null,
    { checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate) },
  );
}

export function channelOptions({ serverName }: Dial): ChannelOptions {
  return {
    'grpc.ssl_target_name_override': isIP(serverName) ? nameless : serverName,
    // Each try is a connection of its own: a pooled one would answer for another certificate.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.keepalive_time_ms': 30_000,
  };
}

export function target({ path }: Dial): string {
  return `unix:${path}`;
}
