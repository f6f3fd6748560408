/** Does the actions that touch a host: one exec each over the host's one connection. */
import type { Duplex } from 'node:stream';
import { runtimeWords } from '../flower/layout.ts';
import type { Member } from '../network/network.ts';
import type { Action, Upload } from '../plan/action.ts';
import { sha256 } from '../plan/digest.ts';
import { exit, UserError } from '../plan/failure.ts';
import { lastLine } from '../ssh/said.ts';
import { octal } from '../steps/shared.ts';
import type { CallOptions, Receiving, Request } from './agent.ts';
import type { Calls } from './calls.ts';
import { readLocal } from './files.ts';
import { trySudo } from './sudo.ts';

type Make<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>;

type Payload = { readonly to: string; readonly mode: number; readonly size: number; readonly sha256: string };

async function contentOf({ from }: Pick<Upload, 'from'>): Promise<Buffer> {
  if ('text' in from) return Buffer.from(from.text);
  const file = await readLocal(from.file);
  if (file) return file.content;
  throw new UserError({
    exitCode: exit.local,
    doing: `Reading ${from.file}`,
    why: 'it is not there any more',
    hint: 'run the steps before again',
  });
}

function describe(to: string, mode: number, content: Buffer): Payload {
  return { to, mode, size: content.length, sha256: sha256(content) };
}

export class Remote {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  call(member: Member, request: Request, doing: string, more: CallOptions = {}): Promise<unknown> {
    return this.#calls.call(member, request, doing, more);
  }

  /** An agent of its own that answers and then is a stream of bytes. */
  open(member: Member, request: Request, doing: string, unasked = false): Promise<Duplex> {
    return this.#calls.open(member, request, doing, unasked);
  }

  /** So many bytes that an agent of its own sends, read no faster than they are taken. @throws UserError (4, 5) */
  receive(member: Member, request: Request, doing: string, receiving: Receiving): AsyncGenerator<Buffer> {
    return this.#calls.receive(member, request, doing, receiving);
  }

  /** A byte stream to a TCP port as seen from the host. @throws UserError (5) telling DNS, refused and timed out apart */
  relay(member: Member, to: { readonly host: string; readonly port: number }, doing: string): Promise<Duplex> {
    return this.#calls.open(member, { verb: 'relay', ...to }, doing);
  }

  /** As `Calls.sudoOf`. */
  sudoOf(...asked: Parameters<Calls['sudoOf']>): ReturnType<Calls['sudoOf']> {
    return this.#calls.sudoOf(...asked);
  }

  /** Whoever has to be asked before something is done there is asked now. @throws UserError (4, 5) */
  async ready(member: Member): Promise<void> {
    await this.#calls.ready(member);
  }

  /** Whether root logs in. */
  isRoot(member: Member): Promise<boolean> {
    return this.#calls.isRoot(member);
  }

  /** A command to its end; a code other than 0 is a result. */
  run(...asked: Parameters<Calls['run']>): ReturnType<Calls['run']> {
    return this.#calls.run(...asked);
  }

  async upload(member: Member, action: Make<'upload'>, signal: AbortSignal): Promise<void> {
    const payload = await Promise.all(action.files.map(contentOf));
    const files = action.files.map((file, at) => describe(file.to, file.mode, payload[at] ?? Buffer.alloc(0)));
    await this.call(member, { verb: 'receive', files }, `Copying to ${member.name}`, { payload, signal });
  }

  /** What sudo does: it makes a folder of the owner's below a parent that belongs to root. */
  async makeFolder(member: Member, action: Make<'make-folder'>, signal: AbortSignal): Promise<void> {
    const doing = `Making ${action.path} on ${member.name}`;
    if (!action.sudo) {
      await this.call(member, { verb: 'make-folder', path: action.path, mode: action.mode }, doing, { signal });
      return;
    }
    const mode = octal(action.mode);
    const words = ['install', '-d', '-o', action.owner, '-m', mode, '--', action.path];
    const done = await this.#calls.run(member, words, { as: 'root', doing, signal });
    if (done.code === 0) return;
    throw new UserError({
      exitCode: exit.remote,
      host: member.name,
      doing,
      why: lastLine(done.stderr) || `sudo ended with ${done.code}`,
      hint: trySudo(done, `make it by hand there: sudo install -d -o ${action.owner} -m ${mode} ${action.path}`),
    });
  }

  /** And it removes it, where it is empty. */
  async removeFolder(member: Member, path: string, signal: AbortSignal): Promise<void> {
    const doing = `Removing ${path} on ${member.name}`;
    const done = await this.#calls.run(member, ['rmdir', '--', path], { as: 'root', doing, signal });
    if (done.code === 0) return;
    throw new UserError({
      exitCode: exit.remote,
      host: member.name,
      doing,
      why: lastLine(done.stderr) || `sudo ended with ${done.code}`,
      hint: trySudo(done, `remove it by hand there, it is empty: sudo rmdir ${path}`),
    });
  }

  /** Runs the runtime's own tool as the owner. */
  async runtime(
    member: Member,
    home: string,
    verb: readonly string[],
    doing: string,
    signal: AbortSignal,
  ): Promise<string> {
    const done = await this.#calls.run(member, runtimeWords(home, ...verb), { as: 'owner', signal });
    if (done.code === 0) return done.stdout;
    throw new UserError({
      exitCode: exit.remote,
      host: member.name,
      doing,
      why: lastLine(done.stderr) || `it ended with ${done.code}`,
      hint: `fl-wizard logs ${member.name}`,
    });
  }
}
