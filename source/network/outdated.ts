/** What another fl-network.yaml makes out of date of what was made and started for the one before. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { onward } from '../plan/builds-on.ts';
import { list } from '../plan/words.ts';
import { type Member, members, type Network } from './network.ts';
import { unsetBeside } from './unset.ts';

/** In the order of the steps that mend it; nothing where all stays as it is. */
export function outdated(before: Network, after: Network): readonly string[] {
  if (before.name !== after.name)
    return [`it is another network, ${after.name}: nothing that ${before.name} has on the hosts belongs to it`];
  const [old, now] = [new Map(members(before).map(named)), new Map(members(after).map(named))];
  const added = [...now.keys()].filter((name) => !old.has(name));
  const gone = [...old.keys()].filter((name) => !now.has(name));
  const changed = (differs: (one: Member, other: Member) => boolean) =>
    [...now].flatMap(([name, member]) => {
      const one = old.get(name);
      return one && differs(one, member) ? [name] : [];
    });
  const moved = changed((one, other) => !same(placeOf(one), placeOf(other)));
  const login = changed((one, other) => same(placeOf(one), placeOf(other)) && !same(one.ssh, other.ssh));
  const run = changed((one, other) => !same(startOf(one), startOf(other)));
  return [
    ...certificatesOf(
      before,
      after,
      changed((one, other) => one.commonName !== other.commonName),
    ),
    ...(added.length > 0
      ? [`${list(added)}: a certificate, all that a host needs, and a place in the server’s list (${onward('certs')})`]
      : []),
    ...unsetBy(added, after),
    ...(gone.length > 0
      ? [
          `${list(gone)}: not let in any more once the server’s list is copied (${onward('deploy')}); what lies on the host stays there`,
        ]
      : []),
    ...(moved.length > 0
      ? [`${list(moved)}: everything is placed where it is now said to be (${onward('deploy')})`]
      : []),
    ...(login.length > 0 ? [`${list(login)}: logged in to with another key (preflight); what lies there stays`] : []),
    ...(before.flower.app === after.flower.app
      ? []
      : [`the app: another is copied to every host (${onward('deploy')})`]),
    ...(same(flowerOf(before), flowerOf(after))
      ? []
      : [`the server and the clients, where running: started anew with other settings (${onward('launch')})`]),
    ...(run.length > 0 ? [`${list(run)}, where running: started anew with other settings (${onward('launch')})`] : []),
  ];
}

/** What all others are told by their environment, their share of the data for example, and a new client is not. */
function unsetBy(added: readonly string[], { clients }: Network): readonly string[] {
  const others = clients.filter(({ name }) => !added.includes(name));
  return clients.flatMap((client) => {
    const lacks = added.includes(client.name) ? unsetBeside(client, others) : [];
    return lacks.length > 0
      ? [
          `${client.name}: it sets no ${list(lacks)}, which the other clients do (env of fl-network.yaml: f, or an editor)`,
        ]
      : [];
  });
}

function certificatesOf(before: Network, after: Network, named: readonly string[]): readonly string[] {
  // Each certificate names the network by its server's address, in its URI.
  if (before.address !== after.address)
    return [`every certificate: the server’s address is part of each (${onward('config')})`];
  const [old, now] = [before.certificates, after.certificates];
  if (!same(withoutKeys(old), withoutKeys(now)))
    return [`certificates: another subject, key, time or folder (${onward('config')})`];
  return [
    ...(same(before.names, after.names)
      ? []
      : [`the server’s certificate: it holds other names (${onward('config')})`]),
    ...(old.keys === now.keys
      ? []
      : [`keys: they are made ${now.keys === 'host' ? 'on each host' : 'here'} from now on (${onward('certs')})`]),
    ...(named.length > 0 ? [`the certificates of ${list(named)}: another common name (${onward('certs')})`] : []),
  ];
}

/** Where a member’s things lie. By which key one logs in there changes nothing of that. */
function placeOf({ ssh: { identityFile: _, ...ssh }, remote }: Member) {
  return { ssh, remote };
}

const same = (one: unknown, other: unknown) => isDeepStrictEqual(one, other);
const named = (member: Member) => [member.name, member] as const;
const withoutKeys = ({ keys: _, ...rest }: Network['certificates']) => rest;
/** What it dials by default is the server’s affair. */
const startOf = ({ dial, dialWritten, env, args, node, gpu }: Member) => ({
  dial: dialWritten ? dial : '',
  env,
  args,
  node,
  gpu,
});
const flowerOf = ({ flower: { app: _, ...rest } }: Network) => rest;
