/** What preflight makes of the way from a client's host to the server's port: what broke, why, and what to type. Pure. */

import { type Member, type Network, splitHostPort } from '../network/network.ts';
import { isPrivateAddress } from '../pki/names.ts';
import type { Survey } from '../plan/survey.ts';
import type { Climbed, Way } from '../plan/way.ts';
import type { Finding } from './preflight-host.ts';
import { changes } from './preflight-survey.ts';

/** Both ends of a way, as far as they are known. */
export type Ends = {
  readonly network: Network;
  readonly client: Member;
  /** What the hosts have to offer, where they were asked. */
  readonly server: Survey | undefined;
  readonly own: Survey | undefined;
};

const name = 'way to the server';

type Trouble = { readonly detail: string; readonly hint: string };

export function wayFinding(way: Way, ends: Ends): Finding {
  if ('untried' in way)
    return {
      name,
      ok: true,
      detail: `not tried: ${way.untried}`,
      ...(way.unwanted ? {} : { hint: 'fl-wizard preflight tries it' }),
    };
  const { climbed } = way;
  const trouble = climbed.rung === 'top' ? intruderTrouble(climbed, ends) : brokenRung(climbed, ends);
  if (trouble) return { name, ok: false, ...trouble };
  return { name, ok: true, detail: passed(climbed, ends), ...lasting(climbed, ends) };
}

function passed({ to, seenAs, tls }: Climbed, { client }: Ends): string {
  const { host, port } = splitHostPort(client.dial);
  const place = to && to !== host ? `${host}:${port} (${to})` : `${host}:${port}`;
  const tried = [...(seenAs ? ['1 MB there and back'] : []), ...(tls ? ['TLS as it was sent'] : [])];
  return `${place} answers${seenAs ? `, and sees ${client.name} come from ${seenAs}` : ''}${tried.length > 0 ? `; ${tried.join(', ')}` : ''}`;
}

/** A name that leads to an address which may go away. */
function lasting({ to }: Climbed, { server }: Ends): { hint?: string } {
  const address = server?.amazon?.publicAddress;
  return address !== undefined && to === address ? { hint: changes(address) } : {};
}

function intruderTrouble({ intruder }: Climbed, { client }: Ends): Trouble | undefined {
  if (!intruder) return undefined;
  const { host, port } = splitHostPort(client.dial);
  return {
    detail: `somebody between opens TLS: ${client.name} is shown a certificate of ${intruder.subject}, issued by ${intruder.issuer}`,
    hint: `have whoever runs that proxy pass TCP ${port} to ${host} through without looking into it`,
  };
}

function brokenRung(climbed: Climbed, ends: Ends): Trouble {
  const { host, port } = splitHostPort(ends.client.dial);
  const place = climbed.to && climbed.to !== host ? `${host}:${port} (${climbed.to})` : `${host}:${port}`;
  switch (climbed.rung) {
    case 'dns':
      return {
        detail: `${host} has no address at ${ends.client.name}: ${climbed.trouble ?? 'its DNS knows none'}`,
        hint: `give it a DNS entry, a line in /etc/hosts there, or write an address in clients[].dial of ${ends.client.name}`,
      };
    case 'tcp':
      return tcpTrouble(climbed, ends, place);
    case 'hello':
      return helloTrouble(climbed, ends, place);
    case 'transfer':
      return transferTrouble(climbed, place);
    default:
      return {
        detail: `plain bytes pass to ${place}, and TLS does not: ${ending(climbed)}`,
        hint: 'a firewall or proxy between looks into TLS and ends it: have it let this port through',
      };
  }
}

function tcpTrouble(climbed: Climbed, ends: Ends, place: string): Trouble {
  if (climbed.trouble === 'timeout')
    return {
      detail: `no answer from ${place}: a firewall or security group drops what ${ends.client.name} sends (a closed port would have refused at once)`,
      hint: openingLine(climbed, ends),
    };
  if (climbed.trouble === 'refused')
    return {
      detail: `${place} refuses, though something listens on ${ends.network.flower.port} of the server's host: a firewall rejects it, or the address is another machine's`,
      hint: `is that the server's address? ${forwarding(ends)}${openingLine(climbed, ends)}`,
    };
  if (climbed.trouble === 'reset')
    return {
      detail: `the connection to ${place} is reset: a firewall between ends it`,
      hint: openingLine(climbed, ends),
    };
  return {
    detail: `${place} can't be reached from ${ends.client.name}: ${climbed.trouble ?? 'no reason was given'}`,
    hint: `is there a route to it from there? clients[].dial names another address`,
  };
}

/** Who dials another port than Flower's counts on somebody between. */
function forwarding({ client, network: { flower } }: Ends): string {
  const { port } = splitHostPort(client.dial);
  return port === flower.port ? '' : `Is ${port} forwarded to its ${flower.port}? `;
}

function helloTrouble(climbed: Climbed, { client }: Ends, place: string): Trouble {
  const hint = `compare the address that ${client.name} dials with the server's own; a proxy or load balancer there has to pass TCP through`;
  if (climbed.trouble === 'other')
    return { detail: `${place} is something else: it says ${JSON.stringify(climbed.said ?? '')}`, hint };
  return { detail: `${place} takes the connection, and it does not arrive at the server: ${ending(climbed)}`, hint };
}

function transferTrouble(climbed: Climbed, place: string): Trouble {
  if (climbed.trouble === 'timeout')
    return {
      detail: `small packets pass to ${place} and a megabyte does not: the way is too narrow for full packets (MTU), or very slow`,
      hint: 'lower the MTU of the interface there (ip link set dev eth0 mtu 1400), or let ICMP “fragmentation needed” through',
    };
  return {
    detail: `the connection to ${place} is cut in the middle of a megabyte: ${ending(climbed)}`,
    hint: 'a firewall or proxy between limits it: weights are larger than that',
  };
}

const endings: Readonly<Record<string, string>> = {
  timeout: 'nothing more comes',
  reset: 'it is reset',
  closed: 'it is closed',
  refused: 'it is refused',
};

function ending({ trouble }: Climbed): string {
  return trouble === undefined ? 'it ends' : (endings[trouble] ?? trouble);
}

/** What lets this client in: on EC2 the whole line, elsewhere what it has to say. */
function openingLine(climbed: Climbed, ends: Ends): string {
  const { port } = splitHostPort(ends.client.dial);
  const source = sourceAddress(climbed, ends.own);
  const amazon = ends.server?.amazon;
  const [group] = amazon?.groups ?? [];
  if (group !== undefined) {
    const region = amazon?.region === undefined ? '' : ` --region ${amazon.region}`;
    const cidr = source ? cidrOf(source) : `ADDRESS/32`;
    const line = `aws ec2 authorize-security-group-ingress${region} --group-id ${group} --protocol tcp --port ${port} --cidr ${cidr}`;
    return source
      ? line
      : `${line} (ADDRESS is what curl -4 https://checkip.amazonaws.com prints at ${ends.client.name})`;
  }
  return `let ${source ?? ends.client.name} in to TCP ${port} of the server (its firewall, and the cloud’s security group)`;
}

const cidrOf = (address: string) => `${address}/${address.includes(':') ? 128 : 32}`;

/** Where the server would see it come from: within a private network its own address, else the public one. */
function sourceAddress({ from, to }: Climbed, own: Survey | undefined): string | undefined {
  if (to !== undefined && isPrivateAddress(to)) return from;
  return own?.amazon?.publicAddress ?? (from !== undefined && !isPrivateAddress(from) ? from : undefined);
}
