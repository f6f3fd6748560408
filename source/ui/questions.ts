/** The questions on screen: keys in, a draft out. */

import type { Validate } from './clients.ts';
import type { FieldName } from './fields.ts';
import type { Key } from './keys.ts';
import { draftOf, fieldOf, type NetworkDraft, type Prefill, press, type QuestionsState } from './questions-state.ts';
import { begun } from './questions-stopped.ts';
import { type Remark, remarkKey, type Said, takenSaid, typedSaid } from './remarks.ts';
import { Store } from './store.ts';
import type { Suggestion } from './suggestions.ts';

export type { Validate } from './clients.ts';
export type { NetworkDraft, Prefill, Stopped } from './questions-state.ts';
export type { Suggestion } from './suggestions.ts';

/** Told of each state, the first one too: whoever keeps the answers waits for nobody, and nobody for them. */
export type Keep = (state: QuestionsState) => void;

/** What is known of answers. Nobody waits for it. */
export type Suggest = {
  /** Finds what may be the answer to a question, by those before it. */
  (field: FieldName, draft: NetworkDraft): Promise<readonly Suggestion[]>;
  readonly remark?: Remark;
};

export class QuestionsModel {
  readonly store: Store<QuestionsState>;
  readonly done: Promise<NetworkDraft | undefined>;
  readonly #validate: Validate;
  readonly #suggest: Suggest;
  readonly #keep: Keep;
  #asked: FieldName | undefined;
  readonly #remarked = new Set<string>();
  /** What is being typed is looked at one after the other: half a name is nobody's question a moment later. */
  #looking = false;
  #resolve: (draft: NetworkDraft | undefined) => void = () => undefined;

  constructor(prefill: Prefill, validate: Validate, suggest: Suggest = async () => [], keep: Keep = () => undefined) {
    this.#validate = validate;
    this.#suggest = suggest;
    this.#keep = keep;
    this.store = new Store(begun(prefill));
    keep(this.store.get());
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#lookUp();
    this.#lookAt();
  }

  key(key: Key): void {
    if (this.store.get().outcome) return;
    this.store.update((state) => press(state, key, this.#validate));
    this.#lookUp();
    this.#lookAt();
    const state = this.store.get();
    this.#keep(state);
    if (state.outcome) this.#resolve(state.outcome === 'taken' ? draftOf(state) : undefined);
  }

  /** With each question that is opened: what comes in the meantime belongs to it, wherever somebody is by then. */
  #lookUp(): void {
    const field = fieldOf(this.store.get())?.name;
    if (field === this.#asked) return;
    this.#asked = field;
    if (!field) return;
    const found = (known: readonly Suggestion[]) =>
      this.store.update((state) => ({ ...state, known: { ...state.known, [field]: known } }));
    // What can't be looked up is typed.
    this.#suggest(field, draftOf(this.store.get())).then(found, () => undefined);
  }

  #lookAt(): void {
    const state = this.store.get();
    const fresh = (said: Said) => !this.#remarked.has(remarkKey(said));
    for (const said of takenSaid(state)) if (fresh(said)) void this.#remark(said);
    const [typed] = typedSaid(state);
    if (!typed || this.#looking || !fresh(typed)) return;
    this.#looking = true;
    void this.#remark(typed).then(() => {
      this.#looking = false;
      this.#lookAt();
    });
  }

  async #remark(said: Said): Promise<void> {
    const key = remarkKey(said);
    this.#remarked.add(key);
    // What can't be looked at is what it is.
    const text = await this.#suggest.remark?.(said.kind, said.value).catch(() => undefined);
    if (text !== undefined) this.store.update((state) => ({ ...state, remarks: { ...state.remarks, [key]: text } }));
  }

  cancel(): void {
    this.#resolve(undefined);
  }
}
