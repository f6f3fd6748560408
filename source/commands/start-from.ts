/** Answers from what is here already: for who starts from it, and as offers for who types. */
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { basename, join } from 'node:path';
import { defaults } from '../network/schema.ts';
import type { Draft } from '../network/write.ts';
import { isAddress } from '../pki/names.ts';
import { present } from '../plan/words.ts';
import { takeClients } from '../ui/clients.ts';
import { plural } from '../ui/format.ts';
import type { Remark } from '../ui/remarks.ts';
import type { Prefill, Suggest, Suggestion } from '../ui/screen.tsx';
import type { Found } from '../world/found.ts';
import { privateKeysIn } from '../world/private-keys.ts';
import { remarksFor } from '../world/remarks.ts';
import type { Io } from './context.ts';
import { type Said, validate } from './draft.ts';

/** The tutorial's own server: nobody else's, so never an answer that is there unasked. */
const tutorials: ReadonlySet<string> = new Set(['scriptchain.co', '100.27.120.77', '172.31.24.144']);

/** What everybody has who has followed it: no choice of theirs. */
const tutorialsBits = 2048;

/** What files of this folder answer, each with the file that it is from. */
export function prefillFrom({ configuration, hosts }: Found): Prefill {
  const said = configuration && 'names' in configuration ? configuration.names : [];
  const names = said.filter((name) => !tutorials.has(name));
  const [address, ...others] = names;
  const lines = (hosts?.clients ?? []).map(({ name, ssh }) => (name === undefined ? ssh : `${name} ${ssh}`));
  const { clients } = takeClients(lines, [], hosts?.server?.ssh ?? '', validate);
  const inFile = configuration?.path ?? '';
  return {
    ...(address === undefined ? {} : { address, names: others }),
    ...(hosts?.server ? { server: hosts.server.ssh } : {}),
    ...(hosts?.identityFile ? { identityFile: hosts.identityFile } : {}),
    clients,
    from: {
      ...(address === undefined ? unused(configuration, said) : { address: `${inFile}; its [dn] is taken too` }),
      ...(others.length > 0 ? { names: inFile } : {}),
      ...(hosts?.server ? { server: hosts.path } : {}),
      ...(hosts?.identityFile ? { identityFile: hosts.path } : {}),
      ...(hosts && clients.length > 0 ? { clients: hosts.path } : {}),
    },
  };
}

/** Of what files answer, what nobody has said: flags and answers win. */
export function unsaid({ clients = [], from = {}, ...found }: Prefill, said: Said): Prefill {
  const names = [found.address, ...(found.names ?? [])].filter((name) => name !== undefined);
  const address = said.address ?? found.address;
  // Further names belong to the server that was found, and a key to the hosts that stand beside it.
  const isIts = address !== undefined && names.some((name) => name.toLowerCase() === address.toLowerCase());
  const others = clients.filter(({ ssh }) => ssh !== said.server);
  const hosts = said.server === undefined || said.clients === undefined;
  const taken: Prefill = present({
    address: said.address === undefined ? found.address : undefined,
    names: isIts && said.names === undefined ? names.filter((name) => name !== address) : undefined,
    server: said.server === undefined ? found.server : undefined,
    clients: said.clients === undefined && others.length > 0 ? others : undefined,
    identityFile: hosts && said.identityFile === undefined ? found.identityFile : undefined,
  });
  const kept = Object.entries(from).filter(([field]) => Reflect.get(said, field) === undefined);
  return { ...taken, from: Object.fromEntries(kept) };
}

/** What was taken without a question, a line for each file. */
export function takenLines(
  { address, names = [], server, clients = [], identityFile }: Prefill,
  { subject = {} }: Pick<Draft, 'subject'>,
  { configuration, hosts }: Found,
): readonly string[] {
  const dn = Object.entries(subject).map(([type, value]) => `${type}=${value}`);
  const ofConfiguration = [
    ...(address === undefined ? [] : [`address ${address}`]),
    ...(names.length > 0 ? [`further names ${names.join(', ')}`] : []),
    ...(dn.length > 0 ? [`subject ${dn.join(', ')}`] : []),
  ];
  const ofHosts = [
    ...(server === undefined ? [] : [`server ${server}`]),
    ...(clients.length > 0 ? [`${plural(clients.length, 'client')} (${someOf(clients.map(({ name }) => name))})`] : []),
    ...(identityFile === undefined ? [] : [`SSH key ${identityFile}`]),
  ];
  const line = (path = '', parts: readonly string[]) =>
    parts.length > 0 ? [`Taken from ${path}: ${parts.join('; ')}`] : [];
  return [...line(configuration?.path, ofConfiguration), ...line(hosts?.path, ofHosts)];
}

/** So many names tell which list it is. */
const mostNamed = 6;

function someOf(names: readonly string[]): string {
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  return names.slice(0, mostNamed).join(', ') + more;
}

/** The draft with the subject of the certificate.conf that is here, where that is about this server. */
export function withSubject(draft: Draft, { configuration }: Found): Draft {
  if (!configuration || 'why' in configuration || tutorials.has(draft.address)) return draft;
  const { names, subject } = configuration;
  const isIts = names.includes(draft.address) && Object.keys(subject).length > 0;
  return isIts ? { ...draft, subject } : draft;
}

/** Why there is no answer in it. */
function unused(configuration: Found['configuration'], names: readonly string[]): NonNullable<Prefill['from']> {
  if (!configuration) return {};
  const { path } = configuration;
  if ('why' in configuration) return { unused: `${path} can’t be read: ${configuration.why}` };
  return names.length === 0
    ? {}
    : { unused: `${path} has the tutorial’s own names only, and yours are another server’s` };
}

/** What there is to say of an answer that is taken all the same. @param configuration where keys are still to be chosen */
export function remarkFor(configuration: Found['configuration'], about: Pick<Io, 'home' | 'user' | 'env'>): Remark {
  const remark = remarksFor(about);
  return async (kind, value) => (kind === 'address' ? aboutBits(configuration, value) : remark(kind, value));
}

/** Somebody has chosen larger keys than the tutorial's, and new networks have those of EC. */
function aboutBits(configuration: Found['configuration'], address: string): string | undefined {
  if (!configuration || 'why' in configuration || configuration.bits === tutorialsBits) return undefined;
  const { path, bits, names } = configuration;
  if (!names.some((name) => name.toLowerCase() === address.toLowerCase())) return undefined;
  const inPlace = join(defaults.folder, 'certificate.conf');
  const also = path === inPlace ? '' : `, and default_bits: ${bits} in ${inPlace}`;
  return `default_bits ${bits} of ${path} is for RSA, and keys will be EC P-256; for RSA write certificates.algorithm: rsa in fl-network.yaml${also}`;
}

/** How long a name may take to be looked up, milliseconds. */
const patience = 3000;

/** What may be an answer, by question. */
export function suggestions(
  { aliases, configuration }: Found,
  directory: string,
  { home, user, env }: Pick<Io, 'home' | 'user' | 'env'>,
): Suggest {
  const ofConfig = aliases.map((value): Suggestion => ({ value, from: '~/.ssh/config' }));
  const suggest: Suggest = async (field, draft) => {
    switch (field) {
      case 'server':
        return ofConfig.filter(({ value }) => !validate('server', value));
      case 'clients':
        return ofConfig.filter(({ value }) => !validate('ssh', value) && value !== draft.server);
      case 'identityFile':
        return (await privateKeysIn(home)).map((value) => ({ value, from: 'a private key there' }));
      case 'name':
        return nameOf(directory);
      case 'names':
        return [...(await addressesOf(draft.address)), ...namesIn(configuration, draft.address)];
      default:
        return [];
    }
  };
  return Object.assign(suggest, { remark: remarkFor(undefined, { home, user, env }) });
}

function nameOf(directory: string): readonly Suggestion[] {
  const value = basename(directory);
  return validate('name', value) ? [] : [{ value, from: 'this folder’s name' }];
}

function namesIn(configuration: Found['configuration'], address: string): readonly Suggestion[] {
  if (!configuration || 'why' in configuration) return [];
  const { names, path } = configuration;
  return names.filter((name) => name !== address && !tutorials.has(name)).map((value) => ({ value, from: path }));
}

/** What the address resolves to: who dials that instead has to find it in the certificate. */
async function addressesOf(address: string): Promise<readonly Suggestion[]> {
  if (address === '' || isAddress(address)) return [];
  const resolver = new Resolver({ timeout: patience, tries: 1 });
  const asked = await Promise.allSettled([resolver.resolve4(address), resolver.resolve6(address)]);
  const found = asked.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
  return found.filter((each) => isIP(each) > 0).map((value) => ({ value, from: `what ${address} resolves to` }));
}
