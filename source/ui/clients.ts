/** Lines of text as clients: typed one by one, or pasted by the hundred. Pure. */
import type { FieldName } from './fields.ts';

export type ClientDraft = { readonly name: string; readonly ssh: string };

/**
 * Says why a value cannot be taken, or nothing. A client is asked about as `client` and `name` (its name) and as `ssh`
 * (its `user@host[:port]`); `names` is asked about each name by itself.
 */
export type Validate = (field: Exclude<FieldName, 'clients'> | 'client' | 'ssh', value: string) => string | undefined;

type Taken = {
  readonly clients: readonly ClientDraft[];
  readonly wrong: readonly { readonly line: string; readonly problem: string }[];
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

/** The clients with those of the lines that can be taken, and what is wrong with the others. */
export function takeClients(
  lines: readonly string[],
  known: readonly ClientDraft[],
  server: string,
  validate: Validate,
): Taken {
  const clients = [...known];
  const names = new Set(known.map(({ name }) => name.toLowerCase()));
  const places = new Map(known.map(({ name, ssh }) => [placeOf(ssh), name]));
  if (server) places.set(placeOf(server), 'the server');
  const wrong: { line: string; problem: string }[] = [];
  for (const line of lines.flatMap(entriesOf)) {
    const client = parseClient(line, names);
    const place = placeOf(client.ssh);
    const holder = places.get(place);
    const words = line.split(/[\s,;=]+/).filter(Boolean).length;
    const problem =
      words > 2
        ? `a line is one client, a name and a host; this has ${words} words`
        : names.has(client.name.toLowerCase())
          ? `${client.name} is already there`
          : holder !== undefined
            ? `${place} is already ${holder}`
            : (validate('client', client.name) ?? validate('name', client.name) ?? validate('ssh', client.ssh));
    if (problem) wrong.push({ line, problem });
    else {
      clients.push(client);
      names.add(client.name.toLowerCase());
      places.set(place, client.name);
    }
  }
  return { clients, wrong };
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
