import type { AnyAuthMethod } from 'ssh2';
import type { Conversation } from './conversation.ts';
import { keyOffers, nothing, type Offer, type OfferContext } from './key-offers.ts';

/** What the host says between two tries, as ssh2 tells it. */
export type Heard = {
  /** What it would take next; nothing before its first answer. */
  readonly methods: readonly string[] | undefined;
  /** Whether it took the last try, and wants another one on top. */
  readonly partial: boolean;
};

/** `signed`: nothing was offered, behind a signature of the agent's. */
type Used = Offer & { readonly signed?: boolean };

/** The order of one login: keys first, then what a person has to answer, each once. */
export class Login {
  /** What was offered and what could not be, in words: `~/.ssh/id_ed25519`, `fl.pem (no such file)`. */
  readonly tried: string[] = [];
  readonly #context: Omit<OfferContext, 'tried'>;
  readonly #conversation: Conversation;
  /** Ways in which a person was asked since the host last took something. */
  readonly #asked = new Set<string>();
  #offers: AsyncGenerator<Offer, undefined>;
  #last: Used | undefined;
  #offered = false;
  #methods: readonly string[] | undefined;
  #keyTaken = false;

  constructor(context: Omit<OfferContext, 'tried'>, conversation: Conversation) {
    this.#context = context;
    this.#conversation = conversation;
    this.#offers = this.#allKeys();
  }

  /** What the host would take, as far as it has told. */
  get methods(): readonly string[] | undefined {
    return this.#methods;
  }

  get keyTaken(): boolean {
    return this.#keyTaken;
  }

  /** Whether the host waits for the agent's signature. */
  get signing(): boolean {
    return this.#last?.agentKey?.signature() === 'waiting';
  }

  /** What to try next, or `undefined` when there is nothing left. */
  async next(heard: Heard): Promise<AnyAuthMethod | undefined> {
    const last = this.#last;
    this.#last = undefined;
    // ssh2 tells nothing of the answer to an agent's key. After a signature it is a yes with a wish for more, as good as
    // always; for what, the host says when it is offered nothing.
    const signed = last?.agentKey?.signature() === 'made';
    if (signed) return this.#use({ ...nothing(this.#context.target.user), signed });
    if (!last?.agentKey && this.#isRefused(heard, last)) return undefined;
    if (this.#methods === undefined || this.#methods.includes('publickey')) {
      const offer = (await this.#offers.next()).value;
      if (offer) return this.#use(offer);
      if (!this.#offered) return this.#use(nothing(this.#context.target.user));
    }
    // After an agent's keys nothing may be known yet, and to ask would count as one more failure.
    return this.#asking(this.#methods ?? ['keyboard-interactive']);
  }

  /** Takes in what the host says; whether it refused what somebody has answered, which is not tried twice. */
  #isRefused({ methods, partial }: Heard, last: Used | undefined): boolean {
    const before = this.#methods;
    this.#methods = methods;
    if (last?.signed && !methods?.includes('publickey')) this.#keyTaken = true;
    if (partial) {
      if (last?.method.type === 'publickey') this.#keyTaken = true;
      this.#asked.clear();
      this.#conversation.taken();
    } else if (this.#conversation.talk === 'answered') return true;
    if (before && !before.includes('publickey') && methods?.includes('publickey')) {
      // Keys that were offered when they were not asked for count for nothing.
      this.#offers = this.#allKeys();
    }
    return false;
  }

  async #asking(methods: readonly string[]): Promise<AnyAuthMethod | undefined> {
    const conversation = this.#conversation;
    if (!conversation.attended) return undefined;
    conversation.because = this.#because();
    for (const way of ['keyboard-interactive', 'password'] as const) {
      if (!methods.includes(way) || this.#asked.has(way)) continue;
      this.#asked.add(way);
      return way === 'password' ? conversation.password() : conversation.keyboardInteractive();
    }
    return undefined;
  }

  #because(): string {
    if (this.#keyTaken) return 'It took a key, and asks this as well.';
    return this.tried.length === 0 ? 'There is no key for it.' : `It took no key: ${this.tried.join(', ')}.`;
  }

  #use(offer: Used): AnyAuthMethod {
    this.#last = offer;
    this.#offered = true;
    return offer.method;
  }

  #allKeys(): AsyncGenerator<Offer, undefined> {
    this.tried.length = 0;
    return keyOffers({ ...this.#context, tried: this.tried });
  }
}
