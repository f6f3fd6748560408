/** All that is done on a host goes through here, and is noted: the agent is asked, a command is run. */
import type { Duplex } from 'node:stream';
import type { Member } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import {
  type Agent,
  type AgentHost,
  asOwner,
  type CallOptions,
  idleWords,
  type Receiving,
  type Request,
  type Runner,
} from './agent.ts';
import type { Connections } from './connections.ts';
import { type Sudo, sudoWords, wantsPassword } from './sudo.ts';
import { type Entry, requestWords, type Transcript } from './transcript.ts';

export type CallsPlace = {
  readonly agent: Agent;
  readonly connections: Connections;
  readonly sudo: Sudo;
  readonly transcript: Transcript;
};

export type RunAs = {
  readonly as?: 'owner' | 'root';
  /** What sudo's password is asked for, where it wants one. */
  readonly doing?: string;
  readonly input?: string;
  readonly signal?: AbortSignal;
};

/** Waiting asks the first four times a second, the live table the other every few seconds; they change nothing. */
const unnoted = ['state', 'usage'];

/** The code with which the agent ends where it says why it could not. */
const agentFailed = 3;

export class Calls {
  readonly #place: CallsPlace;

  constructor(place: CallsPlace) {
    this.#place = place;
  }

  /** @throws UserError (4, 5) */
  async call(member: Member, request: Request, doing: string, more: CallOptions = {}): Promise<unknown> {
    const { agent } = this.#place;
    const { host, runner } = await this.ready(member, more.unasked);
    const answer = () => agent.call(runner, host, request, doing, more);
    if (unnoted.includes(request.verb)) return answer();
    return this.#noted(member, { agent: requestWords(request) }, answer, () => 0);
  }

  /** An agent of its own that answers and then is a stream of bytes. @throws UserError (4, 5) */
  async open(member: Member, request: Request, doing: string, unasked = false): Promise<Duplex> {
    const { agent } = this.#place;
    const { host, runner } = await this.ready(member, unasked);
    const opened = () => agent.open(runner, host, request, doing);
    return this.#noted(member, { agent: requestWords(request) }, opened, () => 0);
  }

  /** So many bytes that an agent of its own sends. @throws UserError (4, 5) */
  async *receive(member: Member, request: Request, doing: string, receiving: Receiving): AsyncGenerator<Buffer> {
    const { agent } = this.#place;
    const { host, runner } = await this.ready(member);
    const begun = Date.now();
    let code: number | undefined;
    try {
      yield* agent.receive(runner, host, request, doing, receiving);
      code = 0;
    } catch (error) {
      code = codeOf(error);
      throw error;
    } finally {
      // Also where the bytes are not wanted any more.
      await this.#note(member, { agent: requestWords(request) }, code, begun);
    }
  }

  /**
   * Runs a command; a code other than 0 is a result and no error.
   * @param as who runs it, where that is not who logs in
   */
  async run(
    member: Member,
    words: readonly string[],
    { as, doing, ...options }: RunAs = {},
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
    const { connections, sudo } = this.#place;
    const session = await connections.session(member);
    const before = await this.#before(member, as);
    const command = [...before, ...words];
    const ran = async () => {
      if (before.length === 0) return session.run(command, options);
      const on = { member, target: await connections.target(member), session };
      return sudo.run(on, command, doing ?? `Running ${words[0]} on ${member.name}`, options);
    };
    return this.#noted(member, { command }, ran, ({ code }) => code);
  }

  /**
   * What talks to the agent there; where the owner is another user, sudo was asked whether it lets us, and who sits here
   * for its password.
   * @throws UserError (4, 5)
   */
  async ready(member: Member, unasked = false): Promise<{ readonly host: AgentHost; readonly runner: Runner }> {
    const { connections, sudo } = this.#place;
    const [host, session] = [await connections.agentHost(member), await connections.session(member, unasked)];
    if (host.sudoOwner === undefined) return { host, runner: session };
    const on = { member, target: await connections.target(member), session };
    const doing = `Acting as ${host.sudoOwner} on ${member.name}`;
    return { host, runner: await sudo.ofOwner(on, idleWords(host), doing, unasked) };
  }

  /** How root's own commands may be had there: without a password, with one that may be asked for here, or not. */
  async sudoOf(member: Member, signal: AbortSignal): Promise<'works' | 'asks' | 'no'> {
    if ((await this.run(member, [...sudoWords(), 'true'], { signal })).code === 0) return 'works';
    if (!this.#place.sudo.mayAsk) return 'no';
    // For who is in no rule of sudoers at all, it does not even ask.
    return wantsPassword(await this.run(member, [...sudoWords(), '-v'], { signal })) ? 'asks' : 'no';
  }

  /** Whether root logs in. */
  async isRoot(member: Member): Promise<boolean> {
    return (await this.#place.connections.target(member)).user === 'root';
  }

  /** Words before a command that somebody else is to run. */
  async #before(member: Member, as: RunAs['as']): Promise<readonly string[]> {
    if (as === 'owner') return asOwner(await this.#place.connections.agentHost(member));
    return as === 'root' && !(await this.isRoot(member)) ? sudoWords() : [];
  }

  async #noted<T>(member: Member, did: Entry['did'], work: () => Promise<T>, codeFor: (done: T) => number): Promise<T> {
    const begun = Date.now();
    let done: T;
    try {
      done = await work();
    } catch (error) {
      await this.#note(member, did, codeOf(error), begun);
      throw error;
    }
    await this.#note(member, did, codeFor(done), begun);
    return done;
  }

  #note({ name }: Member, did: Entry['did'], code: number | undefined, begun: number): Promise<void> {
    return this.#place.transcript.add({ host: name, did, code, milliseconds: Date.now() - begun }, new Date());
  }
}

/** Absent where the connection was lost. */
function codeOf(error: unknown): number | undefined {
  return error instanceof UserError && error.failure.exitCode === exit.remote ? agentFailed : undefined;
}
