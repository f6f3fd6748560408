/** What is told of a key that --accept-new-host-keys trusts: nobody has looked at it, so it is there to be compared. Pure. */
import { place } from '../ssh/place.ts';
import type { ConnectionOptions } from '../world/connections.ts';

export type Accepted = NonNullable<ConnectionOptions['accepted']>;

export function acceptedText({ name, keyType, fingerprint, ...key }: Parameters<Accepted>[0]): string {
  return `${name} (${place(key)}) is seen for the first time, and --accept-new-host-keys trusts its ${keyType} key ${fingerprint}`;
}
