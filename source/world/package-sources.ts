/** Where packages come from, on its way to a host. */
import type { PackageSources } from '../network/network.ts';

/** The request that holds it goes through the login to the agent's standard input, and into no argument. */
export function revealed(pip: PackageSources): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(pip).map(([key, value]) => [key, value.reveal()]));
}
