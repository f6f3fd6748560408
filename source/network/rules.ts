/** The rules of fl-network.yaml that no schema sees: names that nobody could dial, names and addresses that collide. */
import { posix } from 'node:path';
import { commonName, dnsName, ipAddress, isAddress } from '../pki/names.ts';
import { exit, UserError } from '../plan/failure.ts';
import { reservedNames } from './member-name.ts';
import { splitHostPort } from './network.ts';
import { defaults, type NetworkFile } from './schema.ts';
import { brokenStrategy, tooFew } from './strategy.ts';

/** X.520's upper bound. */
const longestCommonName = 64;

export type Broken = { readonly path: readonly (string | number)[]; readonly why: string };

export function brokenRules(file: NetworkFile): readonly Broken[] {
  return [...misnamed(file), ...clashes(file), ...neverStarts(file), ...keysInApp(file)];
}

/** All that is in the app's folder is copied to every host: no key of ours may be there. */
function keysInApp({ flower, certificates }: NetworkFile): readonly Broken[] {
  const app = flower?.app ?? defaults.app;
  // Wherever the project is; nobody's path begins so.
  const project = '/project/folder';
  const below = (folder: string) => {
    const way = posix.relative(posix.resolve(project, app), posix.resolve(project, folder));
    return way !== '..' && !way.startsWith('../');
  };
  const held = [certificates?.folder ?? defaults.folder, '.fl-wizard'].filter(below);
  if (held.length === 0) return [];
  const why = `all of it is copied to every host, and it holds ${held.join(' and ')} with private keys: give the app a folder of its own`;
  return [{ path: ['flower', 'app'], why }];
}

function neverStarts({ flower, clients }: NetworkFile): readonly Broken[] {
  const tooMany = (flower?.minClients ?? 0) > clients.length;
  const inStrategy = brokenStrategy(flower?.strategy ?? {}, flower?.minClients, clients.length);
  return [
    ...(tooMany ? [{ path: ['flower', 'minClients'], why: tooFew(clients.length) }] : []),
    ...inStrategy.map(({ key, why }) => ({ path: ['flower', 'strategy', key], why })),
  ];
}

/** Names and addresses that no certificate can hold, and ports that are none. */
function misnamed(file: NetworkFile): readonly Broken[] {
  const host = (text: string) => (isAddress(text) ? ipAddress(text) : dnsName(text));
  return [
    ...broken(['server', 'address'], (text) => commonNameOf(host(text)), file.server.address),
    ...(file.server.names ?? []).flatMap((name, index) => broken(['server', 'names', index], host, name)),
    ...file.clients.flatMap((client, index) => [
      ...broken(['clients', index, 'commonName'], commonName, client.commonName),
      ...broken(['clients', index, 'dial'], (text) => host(splitHostPort(text).host), client.dial),
      ...noPort(['clients', index, 'dial'], client.dial),
    ]),
  ];
}

/** The server's address is also its certificate's common name, where fewer characters fit than in a DNS name. */
function commonNameOf(address: string): string {
  if (address.length <= longestCommonName) return address;
  throw new UserError({
    exitCode: exit.invalid,
    doing: 'Checking the server’s address',
    why: `it has ${address.length} characters, and the certificate’s common name (CN), which it becomes, takes ${longestCommonName}: use a shorter name here, and this one in server.names`,
  });
}

function broken(path: Broken['path'], rule: (text: string) => unknown, value: string | undefined): readonly Broken[] {
  if (value === undefined) return [];
  try {
    rule(value);
    return [];
  } catch (error) {
    if (error instanceof UserError) return [{ path, why: error.failure.why }];
    throw error;
  }
}

function noPort(path: Broken['path'], dial: string | undefined): readonly Broken[] {
  if (dial === undefined) return [];
  const { port } = splitHostPort(dial);
  return port >= 1 && port <= 65535 ? [] : [{ path, why: `there is no port ${port}` }];
}

function clashes(file: NetworkFile): readonly Broken[] {
  const problems: Broken[] = [];
  const complain = (path: Broken['path'], why: string) => problems.push({ path, why });
  const names = new Map<string, number>();
  const commonNames = new Map<string, number>();
  const addresses = new Map<string, string>([[sshKey(file.server.ssh), 'server']]);
  const serverNames = new Set([file.server.address, ...(file.server.names ?? [])].map((each) => each.toLowerCase()));
  file.clients.forEach((client, index) => {
    const name = client.name.toLowerCase();
    const commonName = (client.commonName ?? client.name).toLowerCase();
    const nameKey = client.commonName === undefined ? 'name' : 'commonName';
    if (reservedNames.includes(name)) complain(['clients', index, 'name'], `"${client.name}" is a reserved name`);
    else if (names.has(name))
      complain(['clients', index, 'name'], `"${client.name}" is taken by clients[${names.get(name)}]`);
    else if (reservedNames.includes(commonName))
      complain(['clients', index, nameKey], `"${client.commonName}" is a reserved name`);
    else if (commonNames.has(commonName))
      complain(['clients', index, nameKey], `the common name is taken by clients[${commonNames.get(commonName)}]`);
    // Where a certificate has no DNS name, OpenSSL compares a host's name with its CN.
    else if (serverNames.has(commonName))
      complain(
        ['clients', index, nameKey],
        'a client may not be called as the server is: its certificate could pass for it',
      );
    names.set(name, names.get(name) ?? index);
    commonNames.set(commonName, commonNames.get(commonName) ?? index);
    const address = sshKey(client.ssh);
    const holder = addresses.get(address);
    if (holder !== undefined)
      complain(['clients', index, 'ssh', 'host'], `the same SSH address and port as ${holder}: one host, one role`);
    else addresses.set(address, client.name);
  });
  return problems;
}

/** As it is written; what ~/.ssh/config makes of it is compared before a host is gone to (world/targets.ts). */
function sshKey({ host, port, proxyJump }: NetworkFile['server']['ssh']): string {
  return `${host.toLowerCase()} ${port ?? 22} ${proxyJump ?? ''}`;
}
