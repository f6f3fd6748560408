/** What this machine knows of its members' certificates, for the live table: from the project's own files. */
import { members, type Network } from '../network/network.ts';
import { Breath } from '../plan/turns.ts';
import type { World } from '../plan/world.ts';
import { pairOf, placesOf } from '../steps/shared.ts';
import type { CertificateFacts } from '../ui/session-state.ts';

type Facts = Readonly<Record<string, CertificateFacts>>;

/** By the member's name; one whose certificate is not there, or is none, is left out: `certs` tells of that. */
export async function certificateFacts(world: Pick<World, 'directory' | 'read'>, network: Network): Promise<Facts> {
  // It brings node-forge with it, and takes a tenth of a second.
  const { inspectCertificate } = await import('../pki/inspect.ts');
  const places = placesOf(world.directory, network);
  const breath = new Breath();
  const found: Record<string, CertificateFacts> = {};
  for (const { name } of members(network)) {
    await breath.take();
    try {
      const file = await world.read(pairOf(places, name).certificate);
      if (!file) continue;
      const { subject, serial, fingerprint, notAfter } = inspectCertificate(file.content.toString('utf8'));
      found[name] = { subject, serial, fingerprint, expires: notAfter.toISOString() };
    } catch {
      // A file that can't be read or holds something else is no reason to watch nothing.
    }
  }
  return found;
}
