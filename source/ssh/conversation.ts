import type { AnyAuthMethod, KeyboardInteractiveCallback, Prompt } from 'ssh2';
import type { Secret } from '../plan/secret.ts';
import type { LoginQuestion } from '../plan/step.ts';
import type { ConnectOptions } from './connect-options.ts';
import type { Deadline } from './deadline.ts';
import { place } from './place.ts';
import { plain, saidLines } from './said.ts';
import type { Target } from './target.ts';

/** How far the questions of a login got; `again`: the host asked what had been answered; `endless`: it never stopped. */
export type Talk = 'none' | 'queued' | 'open' | 'answered' | 'unanswered' | 'again' | 'endless';

/** A push to a phone is waited for as long as sshd itself waits (LoginGraceTime, 120 s by default). */
const patience = 120_000;
/** More than any chain of factors needs. */
const mostQuestions = 10;

export type ConversationOptions = {
  readonly target: Target;
  readonly name: string;
  readonly options: ConnectOptions;
  readonly deadline: Deadline;
  /** Aborted when another login to the same host failed after somebody was asked. */
  readonly denied: AbortSignal;
  /** Aborted when the attempt ends. */
  readonly ended: AbortSignal;
  /** Ends the attempt: there is no answer to give. */
  giveUp(): void;
};

/** What a host asks of a person at one login: each thing once, whatever becomes of it. */
export class Conversation {
  readonly #context: ConversationOptions;
  readonly #asked = new Set<string>();
  #questions = 0;
  #talk: Talk = 'none';
  /** When the question that is open was first seen. */
  #since = 0;
  /** What was asked before anything was answered: later words may repeat an answer, and these may stand in an error. */
  #first: string | undefined;
  /** Why the keys alone did not do. */
  because = '';

  constructor(context: ConversationOptions) {
    this.#context = context;
  }

  /** Whether anybody is there to answer. */
  get attended(): boolean {
    return this.#context.options.respond !== undefined;
  }

  get talk(): Talk {
    return this.#talk;
  }

  /** Milliseconds for which a question has been open. */
  get openFor(): number {
    return Date.now() - this.#since;
  }

  /** Whether somebody has seen a question. */
  get seen(): boolean {
    return this.#since > 0;
  }

  /** What the host asked for, in words that an error may hold. */
  get subject(): string {
    const more = this.#questions > 1 ? ` and ${this.#questions - 1} more` : '';
    return `${this.#first ?? 'a password'}${more}`;
  }

  /** The host took what was answered, and wants something else as well. */
  taken(): void {
    if (this.#talk === 'answered') this.#talk = 'none';
    this.#asked.clear();
  }

  keyboardInteractive(): AnyAuthMethod {
    this.#context.deadline.atLeast(patience);
    return {
      type: 'keyboard-interactive',
      username: this.#context.target.user,
      prompt: (title, instructions, _language, prompts, finish) =>
        void this.#reply(`${title}\n${instructions}`, prompts, finish),
    };
  }

  async password(): Promise<AnyAuthMethod | undefined> {
    const [password] = (await this.#ask([this.#question([], false)])) ?? [];
    return password && { type: 'password', username: this.#context.target.user, password: password.reveal() };
  }

  async #reply(words: string, prompts: readonly Prompt[], finish: KeyboardInteractiveCallback): Promise<void> {
    const questions = prompts.map(({ prompt, echo }) => {
      const own = saidLines(prompt);
      return this.#question([...saidLines(words), ...own], echo === true, own.at(-1));
    });
    const answers = this.#mayAsk(questions) ? await this.#ask(questions) : undefined;
    if (!answers) this.#context.giveUp();
    else if (!this.#context.ended.aborted) finish(answers.map((answer) => answer.reveal()));
  }

  /** A question that comes twice says that its answer was wrong: whoever answers again may lock the account. */
  #mayAsk(questions: readonly LoginQuestion[]): boolean {
    const asks = questions.map(({ says }) => says.at(-1) ?? '');
    if (asks.some((text) => this.#asked.has(text))) this.#talk = 'again';
    else if (this.#questions + asks.length > mostQuestions) this.#talk = 'endless';
    else {
      for (const text of asks) this.#asked.add(text);
      return true;
    }
    return false;
  }

  #question(says: readonly string[], echo: boolean, asks?: string): LoginQuestion {
    const { target, name } = this.#context;
    if (this.#questions === 0 && asks) this.#first ??= JSON.stringify(plain(asks).slice(0, 60));
    return { kind: 'login', host: name, address: place(target), user: target.user, because: this.because, says, echo };
  }

  async #ask(questions: readonly LoginQuestion[]): Promise<readonly Secret[] | undefined> {
    const { options, deadline, denied, ended } = this.#context;
    const withdrawn = AbortSignal.any([ended, denied]);
    this.#talk = 'queued';
    this.#questions += questions.length;
    const shown = () => {
      this.#talk = 'open';
      this.#since = Date.now();
    };
    const answers = await deadline.pausedFor(async () => options.respond?.({ questions, withdrawn, shown }));
    // Withdrawn, it stays what it was: that tells whether anybody has seen it.
    if (!withdrawn.aborted) this.#talk = answers ? 'answered' : 'unanswered';
    deadline.atLeast(patience);
    return answers;
  }
}
