/** Lines of text as clients: typed one by one, or pasted by the hundred. Pure. */
import { list } from '../plan/words.ts';
import type { FieldName } from './fields.ts';
import { lineOf, patternOf, type Suggestion } from './suggestions.ts';

export type ClientDraft = { readonly name: string; readonly ssh: string };

/**
 * Says why a value cannot be taken, or nothing. A client is asked about as `client` and `name` (its name) and as `ssh`
 * (its `user@host[:port]`); `names` is asked about each name by itself.
 */
export type Validate = (field: Exclude<FieldName, 'clients'> | 'client' | 'ssh', value: string) => string | undefined;

type Taken = {
  readonly clients: readonly ClientDraft[];
  readonly wrong: readonly { readonly line: string; readonly problem: string }[];
  /** Of the hosts that a pattern meant, who was no news. */
  readonly note?: string;
};

/**
 * A line as clients: commas separate them as they separate names. `hosp-a,10.20.0.8` is one all the same, as a table of
 * names and hosts has it.
 */
export function entriesOf(line: string): readonly string[] {
  const text = line.replace(/(?:^|\s)#.*$/, '').trim();
  const parts = text
    .split(/[,;]/)
    .map((part) => part.trim())
    .filter(Boolean);
  const [first = '', second = ''] = parts;
  const pair = parts.length === 2 && parts.every((part) => !/[\s=*?]/.test(part));
  const isLogin = (part: string) => /[@.:]/.test(part);
  return pair && isLogin(first) !== isLogin(second) ? [text] : parts;
}

/**
 * Hosts that are told with spaces between them, as the screen shows them, each as a line of its own. A name and its host
 * are one line: a word alone is a host only where it is one of ~/.ssh/config, or a login.
 */
export function hostsOf(entry: string, hosts: readonly Suggestion[]): readonly string[] {
  const words = entry.split(/\s+/);
  const kinds = new Set(words.map((word) => kindOf(word, hosts)));
  // `hosp-a fl@10.0.0.8` gives a host its login, and `hosp-a hosp-a` a Host its own name.
  const several = !kinds.has('name') && (words.length > 2 || kinds.size === 1) && new Set(words).size > 1;
  return several ? words.map((word) => (kindOf(word, hosts) === 'host' ? lineOf(word) : word)) : [entry];
}

function kindOf(word: string, hosts: readonly Suggestion[]): 'host' | 'login' | 'name' {
  if (hosts.some(({ value }) => value === word)) return 'host';
  return /^[^@=]+@[^@=]+$/.test(word) ? 'login' : 'name';
}

/**
 * The clients with those of the lines that can be taken, and what is wrong with the others.
 * @param hosts what a pattern such as `hosp-*` is looked for among: those that are there already are passed over
 * @param one the lines are one client that is changed: a second word is its host, whatever it is
 */
export function takeClients(
  lines: readonly string[],
  known: readonly ClientDraft[],
  server: string,
  validate: Validate,
  hosts: readonly Suggestion[] = [],
  one = false,
): Taken {
  const taken = new List(known, server);
  const wrong: { line: string; problem: string }[] = [];
  const there: string[] = [];
  const take = (line: string, client: ClientDraft) => {
    const problem = shapeless(line) ?? taken.clash(line, client) ?? unfit(client, validate);
    if (problem) wrong.push({ line, problem });
    else taken.add(client);
  };
  const entries = lines.flatMap(entriesOf);
  const machines = server === '' ? hosts : [...hosts, { value: server, from: 'the server' }];
  for (const line of one ? entries : entries.flatMap((entry) => hostsOf(entry, machines))) {
    const meant = patternOf(line, hosts);
    if (!meant) {
      take(line, parseClient(line, taken.names));
      continue;
    }
    for (const each of meant) {
      const client = parseClient(each, new Set());
      const holder = taken.holderOf(client, hosts);
      if (holder === undefined) take(each, parseClient(each, taken.names));
      else there.push(holder === client.name ? holder : `${client.ssh} (${holder})`);
    }
  }
  const { clients } = taken;
  return { clients, wrong, ...(there.length > 0 ? { note: thereAlready(there, clients.length - known.length) } : {}) };
}

function thereAlready(there: readonly string[], news: number): string {
  const more = news === 0 ? 'nothing is new' : `${news} more ${news === 1 ? 'is' : 'are'} added`;
  return `${list(there)} ${there.length === 1 ? 'was' : 'were'} there already; ${more}`;
}

/** Clients, with what none of them may have once more. */
class List {
  readonly clients: ClientDraft[] = [];
  readonly names = new Set<string>();
  readonly #places = new Map<string, string>();
  readonly #lines = new Map<string, number>();

  constructor(known: readonly ClientDraft[], server: string) {
    for (const client of known) this.add(client);
    if (server) this.#places.set(placeOf(server), 'the server');
  }

  add(client: ClientDraft): void {
    this.clients.push(client);
    const name = client.name.toLowerCase();
    this.names.add(name);
    this.#lines.set(name, this.clients.length);
    this.#places.set(placeOf(client.ssh), client.name);
  }

  /** Who is at a host already: by its address, or by its name where that is not called so after another one of the hosts. */
  holderOf({ name, ssh }: ClientDraft, hosts: readonly Suggestion[]): string | undefined {
    const there = this.#places.get(placeOf(ssh));
    const namesake = this.clients.find((client) => client.name.toLowerCase() === name.toLowerCase());
    if (there !== undefined || !namesake) return there;
    return hosts.some(({ value }) => placeOf(value) === placeOf(namesake.ssh)) ? undefined : namesake.name;
  }

  /** Who has its name or its host already, and what to do about it. */
  clash(line: string, { name, ssh }: ClientDraft): string | undefined {
    const at = (of: string) => `(line ${this.#lines.get(of.toLowerCase())})`;
    if (this.names.has(name.toLowerCase()))
      return `a client named ${name} is there already ${at(name)}; give it another name`;
    const place = placeOf(ssh);
    const holder = this.#places.get(place);
    if (holder === undefined) return undefined;
    if (holder === 'the server') return `${place} is already the server`;
    if (line.trim().toLowerCase() === holder.toLowerCase())
      return `a client named ${holder} is there already ${at(holder)}; a host is one client`;
    return `${place} is already ${holder} ${at(holder)}; a host is one client`;
  }
}

/** Why a line is no name and no host, whatever they are. */
function shapeless(line: string): string | undefined {
  const words = line.split(/[\s,;=]+/).filter(Boolean);
  const [, before = '', behind = ''] = /^([^=]*)=([^=]*)$/.exec(line) ?? [];
  if (words.length > 2) return `a line is one client, a name and a host; this has ${words.length} words`;
  if (line.includes('=') && behind.trim() === '')
    return `no host behind the =; write ${before.trim()}=user@host, or ${before.trim()} alone for a Host of ~/.ssh/config`;
  return line.includes('=') && before.trim() === '' ? `no name before the =; write NAME=${behind.trim()}` : undefined;
}

function unfit(client: ClientDraft, validate: Validate): string | undefined {
  return validate('client', client.name) ?? validate('name', client.name) ?? validate('ssh', client.ssh);
}

/**
 * `name user@host[:port]`, the two in any order, or the host alone, which then gets a free name. `name=host` is how
 * `init --client` takes them.
 */
export function parseClient(line: string, taken: ReadonlySet<string>): ClientDraft {
  const [first = '', second] = line.split(/[\s,;=]+/).filter(Boolean);
  // A host of ~/.ssh/config is called as it is there; an address is no name.
  const isName = /^[a-z][a-z0-9._-]{0,62}$/i.test(first) && !taken.has(first.toLowerCase());
  if (second === undefined) return { name: isName ? first : freeName(taken), ssh: first };
  return first.includes('@') && !second.includes('@') ? { name: second, ssh: first } : { name: first, ssh: second };
}

/** Two members at one address and port are one machine, whoever logs in. */
export function placeOf(ssh: string): string {
  return ssh
    .slice(ssh.lastIndexOf('@') + 1)
    .replace(/:22$/, '')
    .toLowerCase();
}

function freeName(taken: ReadonlySet<string>): string {
  let number = taken.size + 1;
  while (taken.has(`client${number}`)) number += 1;
  return `client${number}`;
}
