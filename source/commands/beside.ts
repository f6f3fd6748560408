/**
 * What the live table knows beside the run's events: processes, logs and certificates, and the hands that act. It begins
 * and ends with the monitor; nobody reads it but the screen.
 */
import { setMaxListeners } from 'node:events';
import type { Network } from '../network/network.ts';
import { type Happening, hasTime } from '../plan/event.ts';
import type { Answers, Operator } from '../plan/step.ts';
import { present } from '../plan/words.ts';
import type { World } from '../plan/world.ts';
import { toGoOn } from '../steps/halted.ts';
import { chosenClients } from '../steps/shared.ts';
import { WatchedLogs } from '../steps/watch-logs.ts';
import { watchProcesses } from '../steps/watch-processes.ts';
import type { Session } from '../ui/session-face.ts';
import { Acts } from './act.ts';
import { certificateFacts } from './certificate-facts.ts';

/** Who leaves the table open for days sees certificates that were renewed meanwhile, milliseconds. */
const readAgain = 3_600_000;

export type BesideOptions = {
  readonly world: World;
  /** As they are by now: names of the server may be added on the way. */
  answers(): Answers;
  readonly screen: Pick<Session, 'feed' | 'log' | 'certificates' | 'acts' | 'wants'>;
  readonly ask: Operator['ask'];
  readonly parallel: number;
  /** Somebody leaves the table, and whatever is under way. */
  readonly left: AbortSignal;
  readonly interrupted: AbortSignal;
  bug(error: unknown): void;
};

export class Beside {
  readonly #options: BesideOptions;
  readonly #acts: Acts;
  readonly #over = new AbortController();
  readonly #leaving = new AbortController();
  #begun = false;
  #rounds = { round: 0, rounds: 0 };
  /** When the run's last event was told: a server that is stopped has worked until then. */
  #lastTold: string | undefined;
  #lastWord: string | undefined;

  constructor(options: BesideOptions) {
    const { world, answers, ask, parallel, interrupted, screen, left, bug } = options;
    this.#options = options;
    this.#acts = new Acts({
      world,
      network: () => answers().network,
      ask,
      parallel,
      signal: interrupted,
      tell: (text) => this.#feed({ type: 'notice', text }),
      halted: () => {
        const detail = toGoOn('the server was stopped here');
        const at = present({ time: this.#lastTold });
        this.#feed({ type: 'phase-changed', phase: 'halted', ...this.#rounds, detail, ...at });
      },
      bug,
    });
    screen.acts((act) => this.#acts.begin(act));
    left.addEventListener('abort', () => this.#leave(), { once: true });
  }

  /** The world of the steps: as it is, but that a server which is restarted from here is waited for. */
  get world(): World {
    return this.#acts.watched(this.#options.world);
  }

  /** Aborted when the table is left and nothing is under way any more. */
  get left(): AbortSignal {
    return this.#leaving.signal;
  }

  /** Sees the session's events. */
  see(event: Happening): void {
    if ('sequence' in event && hasTime(event)) this.#lastTold = event.time;
    if (event.type === 'phase-changed') this.#rounds = { round: event.round, rounds: event.rounds };
    if (event.type === 'step-started' && event.step === 'monitor' && !this.#begun) void this.#look();
    if (event.type === 'step-finished' && event.step === 'monitor') this.#over.abort();
  }

  /** Waits for what is under way; nothing is begun any more. */
  async settle(): Promise<void> {
    this.#lastWord = (await this.#acts.close()) ?? this.#lastWord;
  }

  /** @returns what is still to be said below the screen: how an act ended that the screen was left in */
  async end(): Promise<string | undefined> {
    this.#over.abort();
    await this.settle();
    return this.#lastWord;
  }

  #feed(happening: Happening): void {
    const { screen, world } = this.#options;
    screen.feed({ time: world.now().toISOString(), ...happening });
  }

  async #leave(): Promise<void> {
    const { current } = this.#acts;
    if (current) this.#feed({ type: 'notice', text: `leaving when ${current} has ended; Ctrl-C ends it now` });
    await this.settle();
    this.#leaving.abort('left');
  }

  async #look(): Promise<void> {
    this.#begun = true;
    const { world, screen, parallel, interrupted, bug } = this.#options;
    const network = this.#watched();
    const signal = AbortSignal.any([this.#over.signal, interrupted, this.left]);
    // Each host listens to it.
    setMaxListeners(0, signal);
    const logs = new WatchedLogs({ world, network, tell: (...told) => screen.log(...told) }, signal);
    screen.wants((member) => logs.show(member));
    const processes = { world, network, parallel, tell: (event: Happening) => this.#feed(event) };
    await Promise.all([watchProcesses(processes, signal), logs.follow(), this.#readCertificates(signal)]).catch(bug);
  }

  /** The server, and the clients that take part: hosts that --only leaves out may be down. */
  #watched(): Network {
    const answers = this.#options.answers();
    return { ...answers.network, clients: chosenClients(answers) };
  }

  async #readCertificates(signal: AbortSignal): Promise<void> {
    const { world, screen } = this.#options;
    while (!signal.aborted) {
      screen.certificates(await certificateFacts(world, this.#watched()));
      await world.pause(readAgain, signal);
    }
  }
}
