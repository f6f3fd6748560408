/** Networks of this machine's own: namespaces with addresses, on segments that we are on or not. Needs root. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const ip = (...words: string[]): string =>
  execFileSync('ip', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Some hosts that hear each other. */
export type Segment = {
  /** Of this machine; absent where it is not on this segment. */
  readonly own: string | undefined;
  readonly bridge: string;
  readonly prefix: string;
};

export type Namespace = {
  readonly name: string;
  /** For programs that take a namespace by its path. */
  readonly path: string;
};

/** Everything that was made is gone after `remove`. */
export class Wires {
  /** Names of interfaces have 15 characters at most. */
  readonly #tag = `fl${process.pid}`;
  readonly #undo: (readonly string[])[] = [];
  readonly #net: number;
  #count = 0;

  constructor() {
    removeOfTheDead();
    this.#net = freeNet();
  }

  /** @param joined whether this machine has an address there: the first one */
  segment({ joined }: { readonly joined: boolean }): Segment {
    const number = this.#count++;
    const bridge = `${this.#tag}b${number}`;
    const prefix = `10.${this.#net}.${number}`;
    ip('link', 'add', bridge, 'type', 'bridge');
    this.#undo.push(['link', 'del', bridge]);
    if (joined) ip('address', 'add', `${prefix}.1/24`, 'dev', bridge);
    ip('link', 'set', bridge, 'up');
    return { own: joined ? `${prefix}.1` : undefined, bridge, prefix };
  }

  namespace(): Namespace {
    const name = `${this.#tag}n${this.#count++}`;
    ip('netns', 'add', name);
    this.#undo.push(['netns', 'del', name]);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    return { name, path: `/run/netns/${name}` };
  }

  /** Gives a namespace an address on a segment, and returns it. Nothing is routed from one segment to another. */
  join({ name }: Namespace, { bridge, prefix }: Segment): string {
    const number = this.#count++;
    const [near, far] = [`${this.#tag}v${number}`, `${this.#tag}w${number}`];
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name);
    ip('link', 'set', near, 'master', bridge, 'up');
    const address = `${prefix}.${number + 2}`;
    ip('-n', name, 'address', 'add', `${address}/24`, 'dev', far);
    ip('-n', name, 'link', 'set', far, 'up');
    return address;
  }

  remove(): void {
    // A namespace takes its interfaces with it, and their other ends.
    for (const words of this.#undo.splice(0).reverse()) ip(...words);
  }
}

/** What a killed test left. Its process is in the names. */
function removeOfTheDead(): void {
  const dead = (name: string) => {
    const pid = /^fl(\d+)[bn]\d+$/.exec(name)?.[1];
    return pid !== undefined && !existsSync(`/proc/${pid}`);
  };
  const names = (list: string) => list.split('\n').map((line) => line.split(/[ @]/)[0] ?? '');
  for (const name of names(ip('netns', 'list')).filter(dead)) ip('netns', 'del', name);
  for (const name of names(ip('-brief', 'link')).filter(dead)) ip('link', 'del', name);
}

/** The second number of private addresses that nothing on this machine uses yet. */
function freeNet(): number {
  const used = `${ip('-o', 'address')}\n${ip('route')}`;
  const wanted = Array.from({ length: 100 }, (_, at) => 100 + ((process.pid + at) % 100));
  const free = wanted.find((net) => !used.includes(` 10.${net}.`) && !used.startsWith(`10.${net}.`));
  if (free === undefined) throw new Error('no private network is free');
  return free;
}
