/** What a folder and ~/.ssh already say of a network that is to be set up. Looked at, never changed. */
import { join } from 'node:path';
import { type Trouble, troubleOf } from '../network/app.ts';
import { type HostList, hostListOf } from '../network/host-list.ts';
import type { DraftSubject } from '../network/write.ts';
import { certificateValues, parseConfiguration } from '../pki/configuration.ts';
import type { Subject } from '../pki/subject.ts';
import { UserError } from '../plan/failure.ts';
import { aliasesIn } from './aliases.ts';
import { listLocal, readLocal } from './files.ts';

export type Found = {
  /** A certificate.conf: the server's names, what else its [dn] says and its default_bits, or why it can't be read. */
  readonly configuration?: { readonly path: string } & (
    | { readonly names: readonly string[]; readonly subject: DraftSubject; readonly bits: number }
    | { readonly why: string }
  );
  readonly hosts?: HostList & { readonly path: string };
  /** A folder that Flower can run: `app` stays where it is, `.` is this folder itself. */
  readonly app?: { readonly path: string; readonly files: readonly string[] };
  /** Hosts that ~/.ssh/config knows by name. */
  readonly aliases: readonly string[];
};

const configurations = ['certificate.conf', join('fl_network', 'certificate.conf')];
const hostLists = ['hosts', 'hosts.txt', 'hosts.ini', 'inventory', 'inventory.ini', 'inventory.txt'];
/** Nobody's host list, configuration or app is larger, bytes. */
const largest = 4 * 1024 * 1024;
/** Such a folder is somebody's home or a data set, and no app. */
const mostFiles = 500;

export async function foundIn(directory: string, home: string): Promise<Found> {
  const [configuration, hosts, app, aliases] = await Promise.all([
    configurationIn(directory),
    hostsIn(directory),
    appIn(directory),
    aliasesIn(home),
  ]);
  return { ...(configuration ? { configuration } : {}), ...(hosts ? { hosts } : {}), ...(app ? { app } : {}), aliases };
}

/** Whether there is anything to start from. */
export function isAny({ configuration, hosts, app }: Found): boolean {
  return configuration !== undefined || hosts !== undefined || app !== undefined;
}

/** What can't be read is nobody's answer: whoever needs it is told when it is needed. */
async function textOf(path: string): Promise<string | undefined> {
  const file = await readLocal(path).catch(() => undefined);
  return file && file.content.length <= largest ? file.content.toString('utf8') : undefined;
}

async function firstOf<Of>(
  directory: string,
  paths: readonly string[],
  make: (path: string, text: string) => Of | undefined,
): Promise<Of | undefined> {
  const texts = await Promise.all(paths.map((path) => textOf(join(directory, path))));
  for (const [at, path] of paths.entries()) {
    const made = texts[at] === undefined ? undefined : make(path, texts[at]);
    if (made) return made;
  }
  return undefined;
}

function configurationIn(directory: string): Promise<Found['configuration']> {
  return firstOf(directory, configurations, (path, text) => {
    try {
      const { dns, ips, subject, bits } = certificateValues(parseConfiguration(text, path));
      return { path, names: [...dns, ...ips], subject: subjectIn(subject), bits };
    } catch (error) {
      if (error instanceof UserError) return { path, why: error.failure.why };
      throw error;
    }
  });
}

/** Of a [dn], what fl-network.yaml has a key for: the common name is the server's address. */
function subjectIn(subject: Subject): DraftSubject {
  const first = (type: string) => subject.find(([each]) => each === type)?.[1];
  const found = { C: first('C'), ST: first('ST'), L: first('L'), O: first('O'), OU: first('OU') };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function hostsIn(directory: string): Promise<Found['hosts']> {
  return firstOf(directory, hostLists, (path, text) => {
    const list = hostListOf(text);
    return list.server || list.clients.length > 0 ? { path, ...list } : undefined;
  });
}

async function appIn(directory: string): Promise<Found['app']> {
  // What is in app/ is somebody's own, and no other app is put over it.
  const path = (await listLocal(join(directory, 'app')).catch(() => undefined)) ? 'app' : '.';
  const found = await appFiles(join(directory, path));
  return 'why' in found ? undefined : { path, files: found.files };
}

/** The files that make a folder an app, or why it is none. */
export async function appFiles(folder: string): Promise<{ readonly files: readonly string[] } | Trouble> {
  const trouble = await troubleOf((name) => textOf(join(folder, name)));
  if (trouble) return trouble;
  const files = ((await listLocal(folder).catch(() => undefined)) ?? []).filter(isOfApp);
  if (files.length <= mostFiles) return { files };
  return { why: `it holds ${files.length} files, more than an app has`, hint: 'give the app a folder of its own' };
}

/** In a project's own folder beside the app: what fl-wizard or its user keeps there, and what no host should have. */
const beside =
  /^(?:fl_network|runs|wheels)\/|(?:^|\/)\.|\.(?:key|crt|csr|pem|srl|p12|pfx|npz|whl|conf|zip|gz)$|^fl-network\.yaml$/;

function isOfApp(file: string): boolean {
  return !beside.test(file) && !hostLists.includes(file);
}
