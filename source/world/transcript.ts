/**
 * What was run on which host, when, and how it ended: `.fl-wizard/transcript.sh`. Commands are lines that a person could
 * type; what our agent was asked is a comment below its start. Contents, passwords and keys never enter it.
 */
import { appendFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { quote } from '../ssh/commands.ts';
import { octal } from '../steps/shared.ts';
import { inert } from '../ui/inert.ts';
import { localFailure, makeFolder } from './files.ts';

/** One thing that was done on one host. */
export type Entry = {
  readonly host: string;
  /** The words of a command, or what our agent was asked. */
  readonly did: { readonly command: readonly string[] } | { readonly agent: string };
  /** How it ended; absent where the connection was lost. */
  readonly code: number | undefined;
  readonly milliseconds: number;
};

/** A year of daily use; then the file makes room and one older one is kept. */
const largest = 4 * 1024 * 1024;
const fileMode = 0o600;

export class Transcript {
  readonly #file: string;
  readonly #enabled: boolean;
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #waiting = '';
  #begun = false;

  /** @param enabled false in a dry run, which writes nothing */
  constructor(directory: string, enabled: boolean) {
    this.#file = join(directory, '.fl-wizard', 'transcript.sh');
    this.#enabled = enabled;
  }

  /** Adds an entry, in the order of the calls, those together that come while others are written. @throws UserError (3) */
  add(entry: Entry, now: Date): Promise<void> {
    if (!this.#enabled) return Promise.resolve();
    this.#waiting += entryLines(entry, now);
    if (this.#next) return this.#next;
    const written = this.#last.then(() => this.#write());
    this.#next = written;
    this.#last = written.catch(() => undefined);
    return written;
  }

  #write(): Promise<void> {
    const text = this.#waiting;
    this.#waiting = '';
    this.#next = undefined;
    return this.#append(text);
  }

  async #append(text: string): Promise<void> {
    try {
      if (!this.#begun) await this.#begin();
      await appendFile(this.#file, text, { mode: fileMode });
    } catch (error) {
      throw localFailure(error, `Writing ${this.#file}`);
    }
  }

  async #begin(): Promise<void> {
    await makeFolder(dirname(this.#file), 0o700);
    const size = await stat(this.#file).then(
      (found) => found.size,
      () => 0,
    );
    if (size > largest) await rename(this.#file, this.#file.replace(/\.sh$/, '.1.sh'));
    this.#begun = true;
  }
}

/** Pure. Whatever a word holds, a comment stays one line. */
export function entryLines({ host, did, code, milliseconds }: Entry, now: Date): string {
  const end = code === undefined ? 'connection lost' : `exit ${code}`;
  const head = `# ${now.toISOString()} ${host} ${end} ${(milliseconds / 1000).toFixed(2)} s`;
  if ('agent' in did) return `${head}\n#   ${inert(did.agent)}\n`;
  return `${head}\n${quote(['fl-wizard', 'ssh', host, '--', ...did.command])}\n`;
}

/** What our agent was asked, in words: the paths and places that it was about, and nothing of what it was given. */
export function requestWords(request: Readonly<Record<string, unknown>>): string {
  const lists = ['files', 'entries', 'paths'].flatMap((name) => pathsIn(request[name]));
  return [
    String(request.verb),
    ...['path', 'key', 'run', 'host', 'port'].flatMap((name) => about(name, request)),
    ...lists,
  ].join(' ');
}

/** `key` is a path where a key is made, and a key itself where the port is opened. */
function about(name: string, request: Readonly<Record<string, unknown>>): readonly string[] {
  const value = request[name];
  if (typeof value === 'number') return [String(value)];
  return typeof value === 'string' && (name !== 'key' || value.startsWith('/') || value.startsWith('~/'))
    ? [value]
    : [];
}

function pathsIn(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((each: unknown) => {
    if (typeof each === 'string') return [each];
    const { to, path, mode } = Object(each) as { to?: unknown; path?: unknown; mode?: unknown };
    const where = to ?? path;
    if (typeof where !== 'string') return [];
    return [typeof mode === 'number' ? `${where} ${octal(mode)}` : where];
  });
}
