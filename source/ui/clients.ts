/** Lines of text as clients: typed one by one, or pasted by the hundred. Pure. */
import { list } from '../plan/words.ts';
import type { FieldName } from './fields.ts';
import { patternOf, type Suggestion } from './suggestions.ts';

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
 * The clients with those of the lines that can be taken, and what is wrong with the others.
 * @param hosts what a pattern such as `hosp-*` is looked for among: those that are there already are passed over
 */
export function takeClients(
  lines: readonly string[],
  known: readonly ClientDraft[],
  server: string,
  validate: Validate,
  hosts: readonly Suggestion[] = [],
): Taken {
  const taken = new List(known, server);
  const wrong: { line: string; problem: string }[] = [];
  const there: string[] = [];
  const take = (line: string, client: ClientDraft) => {
    const problem = shapeless(line) ?? taken.clash(line, client) ?? unfit(client, validate);
    if (problem) wrong.push({ line, problem });
    else taken.add(client);
  };
  for (const line of lines.flatMap(entriesOf)) {
    const meant = patternOf(line, hosts);
    if (!meant) {
      take(line, parseClient(line, taken.names));
      continue;
    }
    const news = meant.filter((each) => !taken.holds(parseClient(each, new Set())));
    there.push(...meant.filter((each) => !news.includes(each)).map((each) => each.split(' ')[0] ?? each));
    for (const each of news) take(each, parseClient(each, taken.names));
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

  holds({ name, ssh }: ClientDraft): boolean {
    return this.names.has(name.toLowerCase()) || this.#places.has(placeOf(ssh));
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
