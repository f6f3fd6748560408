/** All that is done on a host goes through here, and is noted: the agent is asked, a command is run. */
import type { Duplex } from 'node:stream';
import type { Member } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import { type Agent, asOwner, type CallOptions, type Receiving, type Request } from './agent.ts';
import type { Connections } from './connections.ts';
import { type Entry, requestWords, type Transcript } from './transcript.ts';

export type CallsPlace = {
  readonly agent: Agent;
  readonly connections: Connections;
  readonly transcript: Transcript;
};

export type RunAs = { readonly as?: 'owner' | 'root'; readonly input?: string; readonly signal?: AbortSignal };

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
    const { agent, connections } = this.#place;
    const [host, session] = [await connections.agentHost(member), await connections.session(member, more.unasked)];
    const answer = () => agent.call(session, host, request, doing, more);
    if (unnoted.includes(request.verb)) return answer();
    return this.#noted(member, { agent: requestWords(request) }, answer, () => 0);
  }

  /** An agent of its own that answers and then is a stream of bytes. @throws UserError (4, 5) */
  async open(member: Member, request: Request, doing: string, unasked = false): Promise<Duplex> {
    const { agent, connections } = this.#place;
    const [host, session] = [await connections.agentHost(member), await connections.session(member, unasked)];
    const opened = () => agent.open(session, host, request, doing);
    return this.#noted(member, { agent: requestWords(request) }, opened, () => 0);
  }

  /** So many bytes that an agent of its own sends. @throws UserError (4, 5) */
  async *receive(member: Member, request: Request, doing: string, receiving: Receiving): AsyncGenerator<Buffer> {
    const { agent, connections } = this.#place;
    const [host, session] = [await connections.agentHost(member), await connections.session(member)];
    const begun = Date.now();
    let code: number | undefined;
    try {
      yield* agent.receive(session, host, request, doing, receiving);
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
    { as, ...options }: RunAs = {},
  ): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
    const { connections } = this.#place;
    const session = await connections.session(member);
    const command = [...(await this.#before(member, as)), ...words];
    return this.#noted(
      member,
      { command },
      () => session.run(command, options),
      ({ code }) => code,
    );
  }

  /** Whether root logs in. */
  async isRoot(member: Member): Promise<boolean> {
    return (await this.#place.connections.target(member)).user === 'root';
  }

  /** Words before a command that somebody else is to run. */
  async #before(member: Member, as: RunAs['as']): Promise<readonly string[]> {
    if (as === 'owner') return asOwner(await this.#place.connections.agentHost(member));
    return as === 'root' && !(await this.isRoot(member)) ? ['sudo', '-n'] : [];
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
