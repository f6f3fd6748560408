/** Does the actions that touch a host: one exec each over the host's one connection. */
import { basename, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { runtimeWords } from '../flower/layout.ts';
import type { Member } from '../network/network.ts';
import type { Action, Upload } from '../plan/action.ts';
import { sha256 } from '../plan/digest.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Report } from '../plan/world.ts';
import { type Agent, type AgentHost, asOwner, type Request } from './agent.ts';
import type { Connections } from './connections.ts';
import { listLocal, readLocal } from './files.ts';

type Make<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>;
type Place = { readonly agent: Agent; readonly connections: Connections };

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
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  async call(
    member: Member,
    request: { readonly verb: string } & Record<string, unknown>,
    doing: string,
    more: { payload?: readonly Buffer[]; onLine?(line: string): void; signal?: AbortSignal } = {},
  ): Promise<unknown> {
    const { agent, connections } = this.#place;
    const host = await connections.agentHost(member);
    return agent.call(await connections.session(member), host, request, doing, more);
  }

  /** An agent of its own that answers and then is a stream of bytes. */
  async open(member: Member, request: Request, doing: string): Promise<Duplex> {
    const { agent, connections } = this.#place;
    return agent.open(await connections.session(member), await connections.agentHost(member), request, doing);
  }

  async upload(member: Member, action: Make<'upload'>, signal: AbortSignal): Promise<void> {
    const payload = await Promise.all(action.files.map(contentOf));
    const files = action.files.map((file, at) => describe(file.to, file.mode, payload[at] ?? Buffer.alloc(0)));
    await this.call(member, { verb: 'receive', files }, `Copying to ${member.name}`, { payload, signal });
  }

  /** The one thing that sudo does: a folder of the owner's below a parent that belongs to root. */
  async makeFolder(member: Member, action: Make<'make-folder'>, signal: AbortSignal): Promise<void> {
    const doing = `Making ${action.path} on ${member.name}`;
    if (!action.sudo) {
      await this.call(member, { verb: 'make-folder', path: action.path, mode: action.mode }, doing, { signal });
      return;
    }
    const session = await this.#place.connections.session(member);
    const mode = action.mode.toString(8).padStart(4, '0');
    const words = ['sudo', '-n', 'install', '-d', '-o', action.owner, '-m', mode, '--', action.path];
    const done = await session.run(words, { signal });
    if (done.code === 0) return;
    throw new UserError({
      exitCode: exit.remote,
      host: member.name,
      doing,
      why: done.stderr.trim().split('\n').at(-1) || `sudo ended with ${done.code}`,
      hint: `make it by hand there: sudo install -d -o ${action.owner} -m ${mode} ${action.path}`,
    });
  }

  async makeEnvironment(
    member: Member,
    action: Make<'make-environment'>,
    report: Report,
    signal: AbortSignal,
  ): Promise<void> {
    const { wheels, payload } = await wheelsOf(action.wheelhouse);
    const { path, link, requirements, pip } = action;
    await this.call(
      member,
      { verb: 'make-environment', path, link, requirements, pip, wheels },
      `Making the Python environment on ${member.name}`,
      { payload, signal, onLine: (line) => report.line(line) },
    );
  }

  /** Runs the runtime's own tool as the owner. */
  async runtime(
    member: Member,
    home: string,
    verb: readonly string[],
    doing: string,
    signal: AbortSignal,
  ): Promise<string> {
    const { connections } = this.#place;
    const host = await connections.agentHost(member);
    const session = await connections.session(member);
    const done = await session.run([...asOwner(host), ...runtimeWords(home, ...verb)], { signal });
    if (done.code === 0) return done.stdout;
    throw new UserError({
      exitCode: exit.remote,
      host: member.name,
      doing,
      why: done.stderr.trim().split('\n').at(-1) || `it ended with ${done.code}`,
      hint: `fl-wizard logs ${member.name}`,
    });
  }

  async agentHost(member: Member): Promise<AgentHost> {
    return this.#place.connections.agentHost(member);
  }
}

async function wheelsOf(
  folder: string | undefined,
): Promise<{ wheels: readonly unknown[]; payload: readonly Buffer[] }> {
  if (folder === undefined) return { wheels: [], payload: [] };
  const names = ((await listLocal(folder)) ?? []).filter((name) => name.endsWith('.whl'));
  if (names.length === 0)
    throw new UserError({
      exitCode: exit.invalid,
      doing: `Reading the wheelhouse ${folder}`,
      why: 'there are no wheels in it',
      hint: 'pip download -d DIR flwr==VERSION -r app/requirements.txt fills one',
    });
  const payload = await Promise.all(names.map((name) => contentOf({ from: { file: join(folder, name) } })));
  const wheels = names.map((name, at) => {
    const { size, sha256 } = describe(name, 0o600, payload[at] ?? Buffer.alloc(0));
    return { name: basename(name), size, sha256 };
  });
  return { wheels, payload };
}
