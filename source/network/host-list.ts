/**
 * Host lists as people have them: an Ansible inventory (INI), lines of /etc/hosts, or one login a line. Pure. What is no
 * host is passed over: nothing of it is used before somebody has seen it.
 */
import { isAddress } from '../pki/names.ts';
import { UserError } from '../plan/failure.ts';
import { memberName, reservedNames } from './member-name.ts';
import { parseLogin } from './write.ts';

/** A host: what it is called there, and its `[user@]host[:port]`. */
export type ListedHost = { readonly name?: string; readonly ssh: string };

export type HostList = {
  readonly server?: ListedHost;
  readonly clients: readonly ListedHost[];
  /** The one key that all of them log in with, where it is said. */
  readonly identityFile?: string;
};

/** More than any network has. */
const mostHosts = 10_000;

/** What a host is, behind its name. */
const roleWord = /^(?:servers?|clients?|sites?)$/i;

/** Words for the one that the others dial. */
const serverWord = /^(?:fl[-_.]?)?servers?$|[-_.]server$|^server[-_.]/i;

export function hostListOf(text: string): HostList {
  const clients: ListedHost[] = [];
  const keys = new Set<string | undefined>();
  let server: ListedHost | undefined;
  for (const { host, word, group, key } of entriesOf(text)) {
    const isServer = serverWord.test(group) || serverWord.test(word);
    if (isServer && !server) server = host;
    else if (clients.length < mostHosts && !clients.some(({ ssh }) => ssh === host.ssh)) clients.push(host);
    keys.add(key);
  }
  const [identityFile] = keys;
  return {
    ...(server ? { server } : {}),
    clients: clients.filter(({ ssh }) => ssh !== server?.ssh),
    ...(keys.size === 1 && identityFile !== undefined ? { identityFile } : {}),
  };
}

/** `word`: what it is called, whether that may be a name or not. */
type Entry = {
  readonly host: ListedHost;
  readonly word: string;
  readonly group: string;
  readonly key: string | undefined;
};

function* entriesOf(text: string): Generator<Entry> {
  let group = '';
  for (const line of text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)) {
    const section = /^\s*\[([^\]]*)\]\s*$/.exec(line)?.[1];
    // `server: fl-server` and `clients:` are how others write the same.
    const [, role, rest] = /^\s*(servers?|clients?|sites?)\s*:(?!\S)(.*)$/i.exec(line) ?? [];
    if (section !== undefined || role !== undefined) group = section ?? role ?? '';
    if (section !== undefined || rest?.trim() === '') continue;
    // Variables of a group, and groups of groups, are no hosts.
    if (group.includes(':')) continue;
    const entry = entryOf(
      (rest ?? line)
        .replace(/(?:^|\s)[#;].*$/, '')
        .replace(/^\s*-\s/, '')
        .trim(),
    );
    if (entry) yield { ...entry, group };
  }
}

function entryOf(line: string): Omit<Entry, 'group'> | undefined {
  const all = line.split(/[\s,]+/).filter(Boolean);
  // `fl-server server` says what it is, and `hosp-a client` does.
  const role = all.length === 2 && roleWord.test(all[1] ?? '') ? all[1] : undefined;
  const words = role === undefined ? all : all.slice(0, 1);
  const variables = new Map(words.flatMap((word) => variable(word)));
  const [first, second] = words.filter((word) => variable(word).length === 0);
  if (first === undefined) return undefined;
  // `10.0.0.11 hosp-a` is how /etc/hosts has it, `hosp-a 10.0.0.11` how people write it.
  const turned = second !== undefined && (first.includes('@') || isAddress(first));
  const [name, place] = second === undefined ? [undefined, first] : turned ? [second, first] : [first, second];
  const said = variables.get('ansible_host');
  const ssh = loginOf(said ?? place, variables.get('ansible_user'), variables.get('ansible_port'));
  if (ssh === undefined) return undefined;
  const called = name ?? (said === undefined ? undefined : first);
  const host = { ...(isName(called) ? { name: called } : {}), ssh };
  return { host, word: role ?? called ?? '', key: variables.get('ansible_ssh_private_key_file') };
}

/** `key=value` as a pair; nothing for any other word. */
function variable(word: string): readonly (readonly [string, string])[] {
  const [, key, value] = /^(ansible_\w+)=(.+)$/.exec(word) ?? [];
  return key === undefined || value === undefined ? [] : [[key, value.replace(/^(["'])(.*)\1$/, '$2')]];
}

/** `[user@]host[:port]`; what stands there itself is more than a variable. */
function loginOf(place: string, user: string | undefined, port: string | undefined): string | undefined {
  try {
    const said = parseLogin(place);
    const login = said.user ?? user;
    const at = said.port ?? (port === undefined ? 22 : Number(port));
    const host = said.host.includes(':') ? `[${said.host}]` : said.host;
    const ssh = `${login === undefined ? '' : `${login}@`}${host}${at === 22 ? '' : `:${at}`}`;
    parseLogin(ssh);
    return ssh;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function isName(name: string | undefined): name is string {
  return name !== undefined && memberName.test(name) && !reservedNames.includes(name.toLowerCase());
}
