/** What is done to one process from the live table: a run of its own, with the lock, beside the session's. */
import { setMaxListeners } from 'node:events';
import { lives } from '../flower/decide.ts';
import type { Member, Network } from '../network/network.ts';
import type { Outcome } from '../plan/event.ts';
import type { Failure } from '../plan/failure.ts';
import type { ProcessLook } from '../plan/host-facts.ts';
import { run } from '../plan/run.ts';
import type { Answers, Operator, Step } from '../plan/step.ts';
import { listed } from '../plan/told.ts';
import type { World } from '../plan/world.ts';
import { restartSteps, withoutServer } from '../steps/restart.ts';
import { stopStep } from '../steps/stop.ts';
import type { Act } from '../ui/session-state.ts';

type Steps = Readonly<Record<Act['verb'], readonly Step[]>>;

const usual: Steps = { restart: restartSteps, stop: [stopStep] };
/** What a step is about to do, where it has anything to do. */
const doing: Readonly<Record<string, string>> = { stop: 'stopping…', launch: 'starting…' };

/** Between two looks at a server that was stopped from here: somebody else may start it again. Milliseconds. */
const idle = 5000;

export type ActsOptions = {
  readonly world: World;
  /** The network as it is by now: all of it, since a process is known by its settings. */
  network(): Network;
  readonly ask: Operator['ask'];
  readonly parallel: number;
  /** Ends what is under way, as it ends the session. */
  readonly signal: AbortSignal;
  /** Is told in words what becomes of it. */
  tell(text: string): void;
  /** The server does not run any more, as somebody here wished. */
  halted(): void;
  bug(error: unknown): void;
};

type Ended = { readonly outcomes: ReadonlyMap<string, Outcome>; readonly failures: readonly Failure[] };

export class Acts {
  readonly #options: ActsOptions;
  readonly #steps: Steps;
  #current: { readonly name: string; readonly member: string; readonly done: Promise<string> } | undefined;
  #closed = false;
  /** The server was stopped here, so that it does not run is no trouble of the run's. */
  #stopped = false;

  /** @param steps of which each verb is made */
  constructor(options: ActsOptions, steps = usual) {
    this.#options = options;
    this.#steps = steps;
  }

  /** What is under way: `restart client1`. */
  get current(): string | undefined {
    return this.#current?.name;
  }

  /** Begins; it was approved already. One at a time: two would wait for each other's lock. */
  begin(act: Act): void {
    const { tell } = this.#options;
    const name = `${act.verb} ${act.member}`;
    const refused = this.#refusal(name);
    tell(`${name}: ${refused ?? 'looking…'}`);
    if (refused !== undefined) return;
    const done = this.#act(act, name)
      .then((word) => {
        tell(word);
        return word;
      })
      .finally(() => {
        this.#current = undefined;
      });
    this.#current = { name, member: act.member, done };
  }

  #refusal(name: string): string | undefined {
    if (this.#options.world.dryRun) return 'nothing is done in a dry run';
    if (this.#current) return `not now, ${this.#current.name} is under way`;
    return this.#closed ? `the live table has ended; fl-wizard ${name} does it` : undefined;
  }

  /** No more of them. Resolves with the last word of the one that was under way, if there was one. */
  async close(): Promise<string | undefined> {
    this.#closed = true;
    return this.#current?.done;
  }

  /**
   * The same world for who watches the run: the server is not said to be gone while it is restarted from here, nor after
   * it was stopped from here, until it is back.
   */
  watched(world: World): World {
    return {
      ...world,
      state: (network, member, signal) =>
        member.role === 'server' ? this.#server(world, network, member, signal) : world.state(network, member, signal),
    };
  }

  async #server(world: World, network: Network, member: Member, signal: AbortSignal): Promise<ProcessLook> {
    for (;;) {
      if (this.#current?.member === member.name) await unlessAborted(this.#current.done, signal);
      const look = await world.state(network, member, signal);
      if (lives(look)) this.#stopped = false;
      if (lives(look) || signal.aborted) return look;
      // It was begun while we looked.
      if (this.#current?.member === member.name) continue;
      if (!this.#stopped) return look;
      await world.pause(idle, signal);
    }
  }

  async #act(act: Act, name: string): Promise<string> {
    const { world, signal, tell, bug } = this.#options;
    // What was seen before is hours old.
    world.forget([act.member, 'server']);
    try {
      const ended = await this.#run(act, (word) => tell(`${name}: ${word}`));
      if (signal.aborted) return `${name} was interrupted: fl-wizard status tells how far it came`;
      this.#noteServer(act, ended);
      return lastWord(act, name, ended);
    } catch (error) {
      bug(error);
      return `${name} failed: this is a bug in fl-wizard`;
    }
  }

  async #run({ verb, member }: Act, tell: (word: string) => void): Promise<Ended> {
    const { world, network, ask, parallel, signal, bug } = this.#options;
    const answers: Answers = { network: network(), options: {}, only: [member] };
    const outcomes = new Map<string, Outcome>();
    const failures: Failure[] = [];
    const own = AbortSignal.any([signal]);
    setMaxListeners(0, own);
    const operator: Operator = { answer: async () => answers, approve: async () => true, ask };
    const told = run(this.#steps[verb], {
      world,
      operator,
      signal: own,
      parallel,
      command: `${verb} ${member}`,
      bug,
    });
    for await (const each of told)
      for (const event of listed(each)) {
        if (event.type === 'plan-ready' && event.actions.length > 0) tell(doing[event.step] ?? event.step);
        if (event.type !== 'step-finished') continue;
        outcomes.set(event.step, event.outcome);
        failures.push(...(event.failures ?? []));
      }
    return { outcomes, failures };
  }

  /** Also where it could not be started again: then somebody may still try to, and look at why. */
  #noteServer({ verb, member }: Act, { outcomes, failures }: Ended): void {
    if (member !== 'server') return;
    const ended = outcomes.get('stop') === 'changed' && (verb === 'stop' || failures.length > 0);
    if (verb === 'restart' && failures.length === 0) this.#stopped = false;
    if (!ended) return;
    this.#stopped = true;
    this.#options.halted();
  }
}

/** How it has ended, in a line. */
function lastWord({ verb }: Act, name: string, { outcomes, failures }: Ended): string {
  const [first, ...others] = failures;
  if (first?.doing === withoutServer) return `${name}: not now, ${first.why} (r, v restarts it)`;
  if (first) {
    const more = others.length > 0 ? ` (and ${others.length} more)` : '';
    return `${name} failed: ${first.why}${more}${first.hint ? `; ${first.hint}` : ''}`;
  }
  const [stopped, launched] = [outcomes.get('stop'), outcomes.get('launch')];
  if (verb === 'stop') return stopped === 'changed' ? `${name}: done` : `${name}: it did not run`;
  return launched === 'changed' ? `${name}: done` : `${name}: the run has ended, so nothing was started`;
}

/** Resolves with the work, or early with the signal. */
async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    work.then(() => resolve());
  });
}
