/** The questions on screen: keys in, a draft out. */

import type { Validate } from './clients.ts';
import type { Key } from './keys.ts';
import { draftOf, type NetworkDraft, press, type QuestionsState, startQuestions } from './questions-state.ts';
import { Store } from './store.ts';

export type { Validate } from './clients.ts';
export type { NetworkDraft } from './questions-state.ts';

export class QuestionsModel {
  readonly store: Store<QuestionsState>;
  readonly done: Promise<NetworkDraft | undefined>;
  readonly #validate: Validate;
  #resolve: (draft: NetworkDraft | undefined) => void = () => undefined;

  constructor(prefill: Partial<NetworkDraft>, validate: Validate) {
    this.#validate = validate;
    this.store = new Store(startQuestions(prefill));
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  key(key: Key): void {
    if (this.store.get().outcome) return;
    this.store.update((state) => press(state, key, this.#validate));
    const state = this.store.get();
    if (state.outcome) this.#resolve(state.outcome === 'taken' ? draftOf(state) : undefined);
  }

  cancel(): void {
    this.#resolve(undefined);
  }
}
