/** The terminal as the rest of the program sees it: one screen, opened once, whole again when it is closed. */
import { render } from 'ink';
import { App, type AppState, type Page } from './app.tsx';
import { type Confirm, ConfirmModel, type Reading } from './confirm.ts';
import { type Key, oneByOne } from './keys.ts';
import { isTooSmall } from './line.ts';
import { type Choice, likely, type WelcomeFacts, welcomeKey } from './offers.ts';
import { Painter } from './paint.ts';
import {
  type Keep,
  type NetworkDraft,
  type Prefill,
  QuestionsModel,
  type Suggest,
  type Validate,
} from './questions.ts';
import { isHelp, readingOf, welcomeReading } from './reading.ts';
import { SessionModel } from './session.ts';
import type { Session, SessionOptions } from './session-face.ts';
import { rowsOfEnd } from './session-lines.ts';
import { StepsModel, type StepsPage } from './steps-model.ts';
import type { CameFrom } from './steps-state.ts';
import { Store } from './store.ts';

export type { DemoFacts } from './demo-facts.ts';
export type { Choice, WelcomeFacts } from './offers.ts';
export type { Keep, NetworkDraft, Prefill, Stopped, Suggest, Suggestion, Validate } from './questions.ts';
export type { Session, SessionOptions } from './session-face.ts';
export type { Act, CertificateFacts } from './session-state.ts';
export type { StepsPage } from './steps-model.ts';
export type { CameFrom, StepsChoice } from './steps-state.ts';

export type ScreenOptions = {
  readonly version: string;
  readonly directory: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly colors: boolean;
  readonly unicode: boolean;
  /** Ctrl-C: in raw mode it is a key. Afterwards whatever is open ends as if it was declined. */
  interrupt(): void;
  /** For tests. */
  readonly now?: () => Date;
};

export type Screen = {
  /** The first screen. @param later what takes longer to find out; the screen does not wait for it */
  welcome(facts: WelcomeFacts, later?: Promise<WelcomeFacts>): Promise<Choice>;
  /** Asks for what a network needs; nothing where somebody left. */
  questions(prefill: Prefill, validate: Validate, suggest?: Suggest, keep?: Keep): Promise<NetworkDraft | undefined>;
  /** The steps as they are now, one of which is chosen. @param title of the network @param from where one comes back from */
  steps(title: string, from?: CameFrom): StepsPage;
  /** A page that is answered with yes or no; no where somebody leaves it. */
  confirm(confirm: Confirm): Promise<boolean>;
  /** The screens of a list of steps. */
  session(title: string, command: string, options?: SessionOptions): Session;
  /**
   * Unmounts; the terminal is as it was, with the last frame of a session below it.
   * @param leave `nothing`: not that either, where what it says is not the last word
   */
  close(leave?: 'nothing'): Promise<void>;
};

export function openScreen(options: ScreenOptions): Screen {
  return new TerminalScreen(options);
}

class TerminalScreen implements Screen {
  readonly #options: ScreenOptions;
  readonly #interactive: boolean;
  readonly #painter: Painter;
  readonly #store: Store<AppState>;
  readonly #ink: ReturnType<typeof render>;
  readonly #resized = () => {
    this.#painter.forget();
    this.#store.update((state) => ({ ...state, size: sizeOf(this.#painter) }));
  };
  /** Ends what is open as if it was declined. */
  #cancel: () => void = () => undefined;
  #closed: Promise<void> | undefined;

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#interactive = options.stdin.isTTY === true;
    this.#painter = new Painter(options.stdout);
    this.#store = new Store<AppState>({ page: { kind: 'nothing' }, size: sizeOf(this.#painter) });
    options.stdout.on('resize', this.#resized);
    this.#painter.enter();
    this.#ink = this.#mount();
  }

  #mount(): ReturnType<typeof render> {
    const { version, directory, colors, unicode, stdin } = this.#options;
    return render(
      <App
        store={this.#store}
        version={version}
        directory={directory}
        colors={colors}
        unicode={unicode}
        easel={this.#painter.easel}
        interactive={this.#interactive}
        onKey={(key) => this.#key(key)}
        onUnmount={() => this.#painter.leave()}
      />,
      {
        // The painter is the stream that Ink writes to; `debug` makes Ink hand over whole frames, also where CI is set.
        stdout: this.#painter as unknown as NodeJS.WriteStream,
        stdin,
        debug: true,
        patchConsole: false,
        exitOnCtrlC: false,
        isScreenReaderEnabled: false,
      },
    );
  }

  welcome(facts: WelcomeFacts, later?: Promise<WelcomeFacts>): Promise<Choice> {
    this.#painter.keep = false;
    // A screen that can't be completed is still one that can be used; who chooses is told of the trouble.
    later?.then(
      (found) => this.#find(found),
      () => undefined,
    );
    return new Promise((resolve) => {
      this.#show({ kind: 'welcome', facts, highlighted: likely(facts), choose: resolve }, () => resolve('quit'));
    });
  }

  /** What was found changes nothing under a finger that is on its way: the cursor stays. */
  #find(facts: WelcomeFacts): void {
    this.#store.update((state) =>
      state.page.kind === 'welcome' ? { ...state, page: { ...state.page, facts } } : state,
    );
  }

  questions(prefill: Prefill, validate: Validate, suggest?: Suggest, keep?: Keep): Promise<NetworkDraft | undefined> {
    this.#painter.keep = false;
    const model = new QuestionsModel(prefill, validate, suggest, keep);
    this.#show({ kind: 'questions', model }, () => model.cancel());
    return model.done;
  }

  steps(title: string, from?: CameFrom): StepsPage {
    const { now = () => new Date() } = this.#options;
    const model = new StepsModel(title, now, from);
    this.#painter.keep = false;
    this.#show({ kind: 'steps', model }, () => model.cancel());
    return model;
  }

  confirm(confirm: Confirm): Promise<boolean> {
    this.#painter.keep = false;
    const model = new ConfirmModel(confirm);
    this.#show({ kind: 'confirm', model }, () => model.cancel());
    return model.answer;
  }

  session(title: string, command: string, options: SessionOptions = {}): Session {
    const { now = () => new Date() } = this.#options;
    const before = this.#store.get().page;
    if (before.kind === 'session') before.model.stop();
    const model = new SessionModel(title, command, options, {
      interactive: this.#interactive,
      now,
      size: () => sizeOf(this.#painter),
    });
    this.#painter.keep = true;
    this.#show({ kind: 'session', model }, () => model.cancel());
    return model;
  }

  close(leave?: 'nothing'): Promise<void> {
    if (leave === 'nothing' && !this.#closed) this.#painter.keep = false;
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#cancel();
    this.#closeOver();
    const { page } = this.#store.get();
    this.#options.stdout.off('resize', this.#resized);
    if (page.kind === 'steps') page.model.stop();
    if (page.kind === 'session') {
      page.model.stop();
      const rows = this.#painter.keep ? rowsOfEnd(page.model.store.get(), this.#painter.width) : undefined;
      if (rows !== undefined && rows > this.#painter.rows)
        await this.#painter.last(() =>
          this.#store.update((state) => ({ ...state, size: { columns: state.size.columns, rows } })),
        );
    }
    const ended = this.#ink.waitUntilExit();
    this.#ink.unmount();
    await ended;
  }

  /** A page stays until the next one is there, so that nothing flashes in between. */
  #show(page: Page, cancel: () => void): void {
    this.#cancel = cancel;
    // The first screen has components of Ink's own.
    this.#painter.marked = page.kind !== 'welcome';
    this.#store.update(({ over: _, ...state }) => ({ ...state, page }));
  }

  /** Opens what explains the page above it, until it was read. */
  #read(text: Reading): void {
    this.#store.update((state) => ({ ...state, over: new ConfirmModel(text) }));
  }

  #closeOver(): void {
    this.#store.update(({ over: _, ...state }) => state);
  }

  #key(key: Key): void {
    const { page, over } = this.#store.get();
    const size = sizeOf(this.#painter);
    if (key.name === 'interrupt') {
      this.#closeOver();
      this.#options.interrupt();
      this.#cancel();
    } else if (over && !isTooSmall(size)) {
      // Of letters that come in one piece none is for the page below.
      if (oneByOne(key).some((each) => over.key(each, size))) this.#closeOver();
    } else if (page.kind === 'welcome') this.#welcomeKey(key);
    else if (page.kind === 'nothing') return;
    else if (isTooSmall(size)) {
      // Where a plan can't be seen it can't be approved; who only looks can leave.
      if (page.kind === 'session') page.model.tinyKey(key);
      else if (page.kind === 'steps' && key.name === 'text' && key.text === 'q') page.model.cancel();
    } else {
      const text = isHelp(key) ? readingOf(page) : undefined;
      if (text) this.#read(text);
      else page.model.key(key, size);
    }
  }

  /** Where the offers can't be seen nothing is chosen of them. */
  #welcomeKey(key: Key): void {
    for (const each of oneByOne(key)) {
      const { page, over } = this.#store.get();
      if (page.kind !== 'welcome' || over) return;
      const next = welcomeKey(page.facts, page.highlighted, each);
      const small = isTooSmall(sizeOf(this.#painter));
      if (isHelp(each) && !small) this.#read(welcomeReading(page.facts));
      else if (typeof next === 'object')
        this.#store.update((state) => ({ ...state, page: { ...page, highlighted: next.to } }));
      else if (next === 'quit' || !small) page.choose(next);
    }
  }
}

function sizeOf({ width, rows }: Painter): AppState['size'] {
  return { columns: width, rows };
}
