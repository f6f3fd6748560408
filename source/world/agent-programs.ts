/** The programs that hosts are sent, read when first needed: templates/host. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One module of the agent. */
export type Part = { readonly name: string; readonly source: Buffer };

/** Which module answers a verb. */
const verbs: Readonly<Record<string, string>> = {
  look: 'look',
  'look-with-key': 'keys',
  receive: 'place',
  'make-folder': 'place',
  'set-modes': 'place',
  'read-texts': 'place',
  'make-request': 'keys',
  'make-environment': 'environment',
  'use-environment': 'existing',
  'look-at-existing': 'existing',
  'wheels-here': 'wheels',
  'receive-wheels': 'wheels',
  state: 'told',
  usage: 'usage',
  services: 'services',
  forget: 'services',
  journal: 'runs',
  log: 'runs',
  'run-files': 'pull',
  'run-digests': 'pull',
  'send-files': 'pull',
  probe: 'probe',
  judge: 'judge',
  versions: 'versions',
  survey: 'survey',
  syntax: 'syntax',
  listen: 'way',
  climb: 'way',
  placed: 'remove',
  remove: 'remove',
  relay: 'relay',
};

/** All modules that others import, whether or not they answer a verb. */
const modules: ReadonlySet<string> = new Set([...Object.values(verbs), 'packages', 'port', 'unit']);

/** Without what only people read, a look and all that it needs fit into one packet. */
function forHosts(text: string): Buffer {
  const code = text.replace(/^"""[\s\S]*?"""\n/, '');
  return Buffer.from(code.replace(/^ *(?:#.*|"""[^"]*""")?\n/gm, ''));
}

/** What has to be sent for a verb. */
export type ForVerb = {
  readonly base: Buffer;
  readonly part: string;
  /** It, and those that it may import. */
  readonly parts: readonly Part[];
};

export class AgentPrograms {
  readonly #folder: string;
  readonly #sources = new Map<string, Promise<Buffer>>();
  readonly #found = new Map<string, Promise<ForVerb>>();

  /** @param folder holds them */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The same for all hosts. */
  forVerb(verb: string): Promise<ForVerb> {
    const found = this.#found.get(verb) ?? this.#find(verb);
    this.#found.set(verb, found);
    return found;
  }

  async #find(verb: string): Promise<ForVerb> {
    const part = verbs[verb];
    if (part === undefined) throw new Error(`no part of the agent answers ${verb}`);
    const parts: Part[] = [];
    await this.#collect(part, parts, new Set());
    return { base: await this.#read('base'), part, parts };
  }

  /** With a module go those that it may import: a host compiles those that it comes to. */
  async #collect(name: string, parts: Part[], seen: Set<string>): Promise<void> {
    // Two may import from each other.
    if (seen.has(name)) return;
    seen.add(name);
    const source = await this.#read(name);
    const names = [...source.toString('utf8').matchAll(/^ *from (\w+) import /gm)].map((match) => match[1] ?? '');
    for (const each of names) if (modules.has(each)) await this.#collect(each, parts, seen);
    parts.push({ name, source });
  }

  #read(name: string): Promise<Buffer> {
    const source = this.#sources.get(name) ?? readFile(join(this.#folder, `${name}.py`), 'utf8').then(forHosts);
    this.#sources.set(name, source);
    return source;
  }
}
