/** Where to look when a run has failed. Pure. */
import type { Member, Network } from '../network/network.ts';

/** The host whose code a run failed by: a client that its reason names, else the server. */
export function failedBy({ server, clients }: Network, reason = ''): Member {
  return clients.find(({ name }) => reason.includes(`: ${name}: `)) ?? server;
}
