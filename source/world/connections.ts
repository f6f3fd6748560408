/** One SSH connection a host for the whole session; made when first needed, made again once when it was lost. */
import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Member } from '../network/network.ts';
import type { Secret } from '../plan/secret.ts';
import type { Answer, Question } from '../plan/step.ts';
import type { ConnectOptions, LoginRequest, TrustQuestion } from '../ssh/connect-options.ts';
import type { Hops } from '../ssh/hops.ts';
import { isPlainName, knownHostsLine } from '../ssh/known-hosts.ts';
import { place } from '../ssh/place.ts';
import type { Session } from '../ssh/session.ts';
import type { Target } from '../ssh/target.ts';
import type { AgentHost } from './agent.ts';
import { knownHostsFile, recordHostKey } from './known-hosts.ts';
import { type TargetOptions, Targets } from './targets.ts';

export type ConnectionOptions = TargetOptions & {
  readonly directory: string;
  readonly sshAgent: string | undefined;
  /** Trust and record a host key seen for the first time; never a changed one. */
  readonly acceptNewHostKeys: boolean;
  /** Milliseconds for address, TCP, key exchange and login together. */
  readonly timeout: number;
  /** Nothing may be written. */
  readonly dryRun: boolean;
  /** Ends what is being dialed. */
  readonly signal: AbortSignal;
  /** Whether somebody is there to be asked: else no host begins to ask at login. */
  readonly attended: boolean;
  ask(question: Question, withdrawn?: AbortSignal): Promise<Answer>;
  /** Told of each key that is trusted because of `acceptNewHostKeys`. */
  accepted?(key: TrustQuestion): void;
  /** What else is known of why a host was not reached: that is thrown in its place. */
  unreached?(error: unknown): Promise<unknown>;
};

type Answering = Pick<ConnectOptions, 'trust' | 'passphrase' | 'respond'>;

/** Where ssh looks for the keys that a machine's administrator knows. */
const machinesKnownHosts = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];

export class Connections {
  readonly #options: ConnectionOptions;
  readonly #closing = new AbortController();
  /** Ends what is being dialed. */
  readonly #ended: AbortSignal;
  readonly #targets: Targets;
  readonly #sessions = new Map<string, Promise<Session>>();
  /** What was typed for each host, by its name. */
  readonly #typed = new Map<string, string>();
  /** How many hosts’ keys were asked about. */
  #keysAsked = 0;
  /** Of keys, by their files, as they were typed. */
  readonly #passphrases = new Map<string, Secret>();
  #hops: Hops | undefined;
  #asking: Promise<unknown> = Promise.resolve();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#ended = AbortSignal.any([options.signal, this.#closing.signal]);
    // Each host that is dialed listens to it.
    setMaxListeners(0, this.#ended);
    this.#targets = new Targets(options);
  }

  /** Where and as whom this host is logged in to. */
  target(member: Member): Promise<Target> {
    return this.#targets.of(member);
  }

  /** How Python is called there, and as whom. */
  async agentHost(member: Member): Promise<AgentHost> {
    const { owner, python } = member.remote;
    const { user } = await this.target(member);
    return { name: member.name, python, ...(owner && owner !== user ? { sudoOwner: owner } : {}) };
  }

  /**
   * @param unasked somebody only looks on: who sits there is not asked, neither for a login nor whether a host is known
   * @throws UserError (4)
   */
  async session(member: Member, unasked = false): Promise<Session> {
    const held = this.#sessions.get(member.name);
    if (held) {
      const session = await held.catch(() => undefined);
      if (session?.alive()) return session;
      // Somebody else who waited for the same one may have dialed again meanwhile.
      const newer = this.#sessions.get(member.name);
      if (newer && newer !== held) return newer;
    }
    const made = this.#connect(member, unasked);
    this.#sessions.set(member.name, made);
    return made;
  }

  async #connect(member: Member, unasked: boolean): Promise<Session> {
    const [{ connect }, { Hops }] = await Promise.all([import('../ssh/session.ts'), import('../ssh/hops.ts')]);
    this.#hops ??= new Hops();
    this.#typed.set(member.name, member.ssh.host);
    return connect(await this.target(member), {
      name: member.name,
      hops: this.#hops,
      knownHosts: async (hop) => {
        const { user, global } = this.knownHostsFiles(hop);
        return [...user, ...global].map(knownHostsFile);
      },
      ...(unasked ? this.#silence() : this.#answers),
      agent: this.#options.sshAgent,
      timeout: this.#options.timeout,
      signal: this.#ended,
    }).catch(async (error: unknown) => {
      throw (await this.#options.unreached?.(error)) ?? error;
    });
  }

  /** Ours, the user's and the machine's: where ssh looks, and before that in the project. */
  knownHostsFiles(target: Target): { readonly user: readonly string[]; readonly global: readonly string[] } {
    const usual = (name: string) => join(this.#options.home, '.ssh', name);
    const older = usual('known_hosts2');
    const user = target.userKnownHostsFiles ?? [usual('known_hosts'), ...(existsSync(older) ? [older] : [])];
    const global = target.globalKnownHostsFiles ?? machinesKnownHosts;
    return { user: [this.knownHostsFile, ...user], global };
  }

  /** Keys that were confirmed for this project. */
  get knownHostsFile(): string {
    return join(this.#options.directory, '.fl-wizard', 'known_hosts');
  }

  /** What was answered once is enough for who only looks on; functions of its own, since what they lack is no answer. */
  #silence(): Answering {
    const trust = this.#options.acceptNewHostKeys ? this.#trust : async () => false;
    return { trust, passphrase: async ({ file }) => this.#passphrases.get(file) };
  }

  readonly #trust = async (key: TrustQuestion): Promise<boolean> => {
    const yes =
      this.#options.acceptNewHostKeys ||
      (await this.inTurn(() =>
        this.#options.ask({
          kind: 'host-key',
          host: key.name,
          ...this.#typedFor(key.name),
          address: place(key),
          keyType: key.keyType,
          fingerprint: key.fingerprint,
          nth: ++this.#keysAsked,
          hosts: this.#typed.size,
        }),
      ).then((answer) => answer.kind === 'yes'));
    if (!yes) return false;
    if (this.#options.acceptNewHostKeys) this.#options.accepted?.(key);
    // A dry run trusts for its own time, and writes nothing.
    if (this.#options.dryRun) return true;
    if (isPlainName(key.address))
      await recordHostKey(this.knownHostsFile, knownHostsLine(key.address, key.port, key.blob));
    return true;
  };

  /** Whoever is asked about a host knows it by what was typed. */
  #typedFor(name: string): { readonly typed?: string } {
    const typed = this.#typed.get(name);
    return typed === undefined || typed === name ? {} : { typed };
  }

  readonly #passphrase = async (question: { file: string; note?: string }): Promise<Secret | undefined> => {
    const ask = () => this.#options.ask({ kind: 'passphrase', wanted: 'open-ssh', ...question });
    const answer = await this.inTurn(ask);
    if (answer.kind !== 'secret') return undefined;
    this.#passphrases.set(question.file, answer.value);
    return answer.value;
  };

  /** All that a host asks at once, without another one's questions in between; one that is not answered ends it. */
  readonly #respond = ({ questions, withdrawn, shown }: LoginRequest): Promise<readonly Secret[] | undefined> =>
    this.inTurn(async () => {
      const answers: Secret[] = [];
      for (const question of questions) {
        if (withdrawn.aborted) return undefined;
        shown();
        const answer = await this.#options.ask(question, withdrawn);
        if (answer.kind !== 'secret') return undefined;
        answers.push(answer.value);
      }
      return answers;
    });

  /** The same functions for every host: what was answered for a shared bastion is known by them. */
  get #answers(): Answering {
    const { attended } = this.#options;
    return { trust: this.#trust, passphrase: this.#passphrase, ...(attended && { respond: this.#respond }) };
  }

  /** Questions come one at a time, whoever asks. */
  inTurn<T>(question: () => Promise<T>): Promise<T> {
    const next = this.#asking.then(question, question);
    this.#asking = next.catch(() => undefined);
    return next;
  }

  /** Nobody waits for hosts that are just being dialed: one that does not answer takes its ten seconds. */
  async close(): Promise<void> {
    this.#closing.abort();
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    await Promise.all(sessions.map((session) => session.then((each) => each.close()).catch(() => undefined)));
  }
}
