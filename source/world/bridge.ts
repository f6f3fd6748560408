/**
 * gRPC dials a Unix socket in a folder of ours; what comes in there goes through the relay of a host. TLS ends on this
 * machine, so that no key of ours ever leaves it, and no port is opened.
 */
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

/** So much of what comes first is kept: the server's choice of version and cipher is in it. */
const headBytes = 1024;

export type Bridge = {
  /** Path of the socket; short, since a Unix socket's may not exceed about 100 bytes. */
  readonly path: string;
  /** Bytes that the other side has sent so far, the first of them, and whether it ended the connection itself. */
  readonly seen: { received: number; ended: boolean; failure: Error | undefined; head: Buffer };
  close(): Promise<void>;
};

/** @param dial opens a stream to the other side, once for each connection */
export async function openBridge(dial: () => Promise<Duplex>): Promise<Bridge> {
  const folder = await mkdtemp(join(tmpdir(), 'flw-'));
  await chmod(folder, 0o700);
  const path = join(folder, 's');
  const seen: Bridge['seen'] = { received: 0, ended: false, failure: undefined, head: Buffer.alloc(0) };
  const open = new Set<Duplex>();
  const server = createServer({ allowHalfOpen: true }, (local) => {
    open.add(local);
    local.on('error', () => local.destroy()).on('close', () => open.delete(local));
    dial().then(
      (remote) => {
        if (local.destroyed) {
          remote.destroy();
          return;
        }
        open.add(remote);
        remote.on('data', (chunk: Buffer) => {
          seen.received += chunk.length;
          if (seen.head.length < headBytes) seen.head = Buffer.concat([seen.head, chunk]).subarray(0, headBytes);
        });
        remote.on('end', () => {
          seen.ended = true;
        });
        remote
          .on('error', () => local.destroy())
          .on('close', () => {
            open.delete(remote);
            local.end();
          });
        local.on('close', () => remote.destroy());
        local.pipe(remote);
        remote.pipe(local);
      },
      (error: unknown) => {
        seen.failure = error instanceof Error ? error : new Error(String(error));
        local.destroy();
      },
    );
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    seen,
    async close() {
      for (const each of open) each.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
