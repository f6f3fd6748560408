import type { Client } from 'ssh2';

/** A host that doesn't answer our goodbye is left after this many milliseconds. */
const goodbye = 1000;

/** Ends a connection. */
export function leave(client: Client): void {
  client.end();
  // Unreferenced: an open socket keeps the process alive until then by itself.
  setTimeout(() => client.destroy(), goodbye).unref();
}
