/** Answers from what is here already: for who starts from it, and as offers for who types. */
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { basename } from 'node:path';
import type { Draft } from '../network/write.ts';
import { isAddress } from '../pki/names.ts';
import { takeClients } from '../ui/clients.ts';
import { plural } from '../ui/format.ts';
import type { Prefill, Suggest, Suggestion } from '../ui/screen.tsx';
import type { Found } from '../world/found.ts';
import { privateKeysIn } from '../world/private-keys.ts';
import { remarksFor } from '../world/remarks.ts';
import type { Io } from './context.ts';
import { validate } from './draft.ts';

/** The tutorial's own server: nobody else's, so never an answer that is there unasked. */
const tutorials: ReadonlySet<string> = new Set(['scriptchain.co', '100.27.120.77', '172.31.24.144']);

/** What files of this folder answer, each with the file that it is from. */
export function prefillFrom({ configuration, hosts, app }: Found): Prefill {
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
      ...(address === undefined ? aboutConfiguration(configuration, said) : { address: taken(inFile), names: inFile }),
      ...(hosts?.server ? { server: hosts.path } : {}),
      ...(hosts?.identityFile ? { identityFile: hosts.path } : {}),
      ...(hosts && clients.length > 0 ? { clients: hosts.path } : {}),
    },
    ...(app ? { app: aboutApp(app) } : {}),
  };
}

/** What is taken of a certificate.conf, and what is not. */
function taken(path: string): string {
  return `${path}; its [dn] is taken too, its key size is not (keys are EC P-256)`;
}

/** The draft with the subject of the certificate.conf that is here, where that is about this server. */
export function withSubject(draft: Draft, { configuration }: Found): Draft {
  if (!configuration || 'why' in configuration || tutorials.has(draft.address)) return draft;
  const { names, subject } = configuration;
  const isIts = names.includes(draft.address) && Object.keys(subject).length > 0;
  return isIts ? { ...draft, subject } : draft;
}

/** Why there is no answer in it. */
function aboutConfiguration(
  configuration: Found['configuration'],
  names: readonly string[],
): NonNullable<Prefill['from']> {
  if (!configuration) return {};
  const { path } = configuration;
  if ('why' in configuration) return { address: `${path}, which can’t be read: ${configuration.why}` };
  return names.length === 0 ? {} : { address: `${path} are the tutorial’s own names only: yours are another server’s` };
}

function aboutApp({ path, files }: NonNullable<Found['app']>): string {
  return path === '.' ? `${plural(files.length, 'file')} of this folder, copied to app/` : `what is in ${path}/`;
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
  return Object.assign(suggest, { remark: remarksFor({ home, user, env }) });
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
