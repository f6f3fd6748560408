/** A session on screen: takes events and keys, answers the engine's questions. Draws nothing itself. */
import type { Stage } from '../plan/action.ts';
import type { After } from '../plan/after.ts';
import type { Event } from '../plan/event.ts';
import type { View } from '../plan/reduce.ts';
import { type Answer, isConfirmed, type Question, typedAnswer } from '../plan/step.ts';
import { Backlog } from './backlog.ts';
import { characters, edit, editorOf } from './editor.ts';
import { type Key, oneByOne } from './keys.ts';
import type { Size } from './line.ts';
import { LogBook } from './log-book.ts';
import { tableContext } from './monitor-lines.ts';
import type { Commands } from './plan-lines.ts';
import { isDue, tickMilliseconds, tickOf } from './session-clock.ts';
import type { Session, SessionOptions } from './session-face.ts';
import { verbOf } from './session-keys.ts';
import { notBelow, offsetAfter, pageShown } from './session-scroll.ts';
import {
  type Act,
  type CertificateFacts,
  type Finished,
  type SessionState,
  screenOf,
  startState,
  withoutChoices,
} from './session-state.ts';
import { keepHeapSmall } from './small-heap.ts';
import { frameMilliseconds, Pace, Store } from './store.ts';
import { pageOf, tableKey, tinyKey, unasked } from './table-state.ts';

/** A step that does a thousand things needs its core for them; ten frames a second tell as well how far it is. */
const stepMilliseconds = 100;

type Surroundings = { readonly interactive: boolean; now(): Date; size(): Size };

export class SessionModel implements Session {
  readonly store: Store<SessionState>;
  readonly left: Promise<'q'>;
  readonly operator = {
    approve: (step: { readonly id: string; readonly title: string }, stages: readonly Stage[]) =>
      this.#approve(step, stages),
    ask: (question: Question, withdrawn?: AbortSignal) => this.#ask(question, withdrawn),
  };
  readonly #autopilot: boolean;
  readonly #now: () => Date;
  readonly #size: () => Size;
  readonly #pace = new Pace(
    () => this.#work(),
    () => (screenOf(this.store.get()) === 'monitor' ? frameMilliseconds : stepMilliseconds),
  );
  readonly #ticks: NodeJS.Timeout;
  #leave: () => void = () => undefined;
  #finished: (after?: After) => void = () => undefined;
  #decide: ((yes: boolean) => void) | undefined;
  #commands: (() => Promise<Commands>) | undefined;
  /** Somebody went back to the steps where a plan was to be approved: its end is no news then. */
  #back = false;
  #secret = '';
  readonly #backlog = new Backlog();
  readonly #log = new LogBook();
  /** Ends what keeps the memory small while a live table is open. */
  #tidy: (() => void) | undefined;
  #act: (act: Act) => void = () => undefined;
  #want: (member: string | undefined) => void = () => undefined;

  constructor(title: string, command: string, options: SessionOptions, { interactive, now, size }: Surroundings) {
    const { autopilot = false, ...words } = options;
    this.#autopilot = autopilot;
    this.#now = now;
    this.#size = size;
    const leave = 'q leave, keeps running';
    this.store = new Store(startState({ title, command, leave, ...words, interactive, now: now() }));
    this.left = new Promise((resolve) => {
      this.#leave = () => resolve('q');
    });
    this.#ticks = setInterval(() => this.#pace.ask(), tickMilliseconds);
  }

  feed(event: Event): void {
    if (event.type === 'step-started' && event.step === 'monitor') this.#tidy ??= keepHeapSmall();
    this.#backlog.add(event);
    this.#pace.ask();
  }

  view(): View {
    return this.#backlog.take().view;
  }

  commands(find: () => Promise<Commands>): void {
    this.#commands = find;
  }

  hosts(map: Readonly<Record<string, string>>): void {
    this.store.update((state) => ({ ...state, hosts: map }));
  }

  certificates(map: Readonly<Record<string, CertificateFacts>>): void {
    this.store.update((state) => ({ ...state, certificates: map }));
  }

  log(member: string, line: string, earlier = false): void {
    this.#log.add(member, line, this.#now(), earlier);
    this.#pace.ask();
  }

  acts(handle: (act: Act) => void): void {
    this.#act = handle;
    this.store.update((state) => ({ ...state, hands: true }));
  }

  wants(handle: (member: string | undefined) => void): void {
    this.#want = handle;
  }

  finish(finished: Finished): Promise<After | 'leave'> {
    this.#pace.flush();
    // What is asked about something that has ended is asked no more.
    this.store.update(({ ends: _, ...state }) => ({
      ...state,
      offset: 0,
      output: false,
      table: unasked(state.table),
      finished,
    }));
    if (!this.store.get().interactive) return Promise.resolve('leave');
    if (this.#back) return Promise.resolve('steps');
    return new Promise((resolve) => {
      this.#finished = (after) => {
        // What stays on the terminal offers nothing any more.
        this.store.update((state) => ({ ...state, output: false, finished: withoutChoices(finished) }));
        resolve(after ?? 'leave');
      };
    });
  }

  /** One key. A Ctrl-C was seen before. */
  key(key: Key): void {
    const shown = this.store.get();
    const verb = verbOf(shown, key, pageShown(shown, key, this.#size()));
    switch (verb.verb) {
      case 'yes':
      case 'no':
        if (verb.verb === 'yes' && this.#isNothing()) break;
        this.#decide?.(verb.verb === 'yes');
        break;
      case 'back':
        this.#back = true;
        this.#decide?.(false);
        break;
      case 'end':
        this.#finished(verb.after);
        break;
      case 'commands':
        this.store.update((state) => ({ ...state, commands: !state.commands, offset: 0 }));
        this.#findCommands();
        break;
      case 'output':
        this.store.update((state) => ({ ...state, output: !state.output, offset: 0 }));
        break;
      case 'remind':
        this.store.update((state) => ({ ...state, asked: true }));
        break;
      case 'secret':
        this.#typeSecret(verb.key);
        break;
      case 'scroll':
        this.store.update((state) => ({ ...state, offset: offsetAfter(state, verb.by, this.#size()) }));
        break;
      case 'table':
        this.#tableKeys(verb.key, tableKey);
        break;
      case 'nothing':
        break;
    }
  }

  /** A key in a terminal that is too small for all but the run's most important lines: who only looks can leave. */
  tinyKey(key: Key): void {
    const state = this.store.get();
    if (screenOf(state) === 'monitor') this.#tableKeys(key, tinyKey);
    else if (state.finished && verbOf(state, key).verb === 'end') this.#finished();
  }

  /** Keys that came together are keys; but nothing is answered that nobody can have read. */
  #tableKeys(key: Key, change: typeof tableKey): void {
    const { asked } = this.store.get().table;
    for (const each of oneByOne(key)) {
      this.#tableKey(each, change);
      if (this.store.get().table.asked !== asked) break;
    }
  }

  #tableKey(key: Key, change: typeof tableKey): void {
    const state = this.store.get();
    const hands = state.hands && !state.finished;
    const page = pageShown(state, key, this.#size());
    const context = {
      ...tableContext({ ...state, hands, state: state.table }),
      ...(page === undefined ? {} : { page }),
    };
    const { state: pressed, effect } = change(state.table, key, context);
    const table = notBelow(state, pressed, this.#size());
    this.store.update((now) => ({ ...now, table }));
    const [before, open] = [pageOf(state.table), pageOf(table)];
    if (open !== before) this.#want(open);
    if (effect?.kind === 'act') this.#act(effect.act);
    if (effect?.kind !== 'leave') return;
    if (state.finished) this.#finished();
    else this.#leave();
  }

  /** Whatever is open ends with no. */
  cancel(): void {
    this.#decide?.(false);
    this.#finished();
  }

  stop(): void {
    this.cancel();
    this.#pace.stop();
    clearInterval(this.#ticks);
    this.#tidy?.();
  }

  #approve({ id, title }: { readonly id: string; readonly title: string }, stages: readonly Stage[]): Promise<boolean> {
    if (this.#autopilot || !this.store.get().interactive) return Promise.resolve(this.#autopilot);
    return this.#open({ kind: 'approve', step: id, title, stages });
  }

  async #ask(question: Question, withdrawn?: AbortSignal): Promise<Answer> {
    if (!this.store.get().interactive || withdrawn?.aborted) return { kind: 'no' };
    const close = () => this.#decide?.(false);
    withdrawn?.addEventListener('abort', close);
    const yes = await this.#open({ kind: 'question', question, typed: 0 });
    withdrawn?.removeEventListener('abort', close);
    const secret = this.#secret;
    this.#secret = '';
    if (!yes) return { kind: 'no' };
    if (isConfirmed(question)) return { kind: 'yes' };
    return typedAnswer(question, secret);
  }

  #open(prompt: NonNullable<SessionState['prompt']>): Promise<boolean> {
    this.#pace.flush();
    this.store.update((state) => ({ ...state, prompt, offset: 0, commands: false, output: false, asked: false }));
    return new Promise((resolve) => {
      this.#decide = (yes) => {
        this.#decide = undefined;
        this.store.update(({ prompt: _, ...state }) => ({ ...state, offset: 0 }));
        resolve(yes);
      };
    });
  }

  #findCommands(): void {
    const { prompt, commands } = this.store.get();
    if (!commands || prompt?.kind !== 'approve' || prompt.commands) return;
    const told = (found: Commands) =>
      this.store.update((state) =>
        state.prompt === prompt ? { ...state, prompt: { ...prompt, commands: found } } : state,
      );
    // What they lack is told when the plan is done; here nothing was asked for but words.
    this.#commands?.().then(told, (error: unknown) =>
      told(() => [`# ${error instanceof Error ? error.message : error}`]),
    );
  }

  /** Enter where nothing was typed and nothing stands for something: to give up is esc. */
  #isNothing(): boolean {
    const { prompt } = this.store.get();
    if (prompt?.kind !== 'question' || prompt.question.kind !== 'sudo') return false;
    return this.#secret === '' && prompt.question.same === undefined;
  }

  #typeSecret(key: Key): void {
    this.#secret =
      edit(editorOf(this.#secret), key.name === 'paste' ? { name: 'text', text: key.lines[0] ?? '' } : key)?.text ??
      this.#secret;
    const text = this.#secret;
    const typed = characters(text).length;
    this.store.update((state) => {
      if (state.prompt?.kind !== 'question') return state;
      const seen = state.prompt.question.kind === 'login' && state.prompt.question.echo;
      return { ...state, prompt: { ...state.prompt, typed, ...(seen && { text }) } };
    });
  }

  /** All that happened since the last frame, as one change. */
  #work(): void {
    const now = this.#now();
    const taken = this.#backlog.take();
    this.store.update((state) => {
      const log = this.#log.take();
      const news = taken.view === state.view && log === state.log ? state : { ...state, ...taken, log };
      const begun = news.stepSince !== state.stepSince ? { ...news, asked: false } : news;
      return isDue(begun, now) ? { ...begun, now, tick: tickOf(now) } : begun;
    });
  }
}
