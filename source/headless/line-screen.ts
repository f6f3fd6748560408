/** The first screen and the questions where there are lines only: for screen readers and simple terminals. */
import type { Validate } from '../ui/clients.ts';
import type { Confirm } from '../ui/confirm.ts';
import type { FieldName } from '../ui/fields.ts';
import { plural } from '../ui/format.ts';
import { inert } from '../ui/inert.ts';
import { type Choice, offered, type WelcomeFacts } from '../ui/offers.ts';
import type { Keep, NetworkDraft, Prefill, Suggest } from '../ui/questions.ts';
import { draftOf, fieldOf, type QuestionsState } from '../ui/questions-state.ts';
import { begun } from '../ui/questions-stopped.ts';
import { remarkKey, takenSaid, worded } from '../ui/remarks.ts';
import type { Screen, StepsPage } from '../ui/screen.tsx';
import { type Reply, reply, together } from './line-replies.ts';
import type { LineSource } from './line-source.ts';
import { LineSteps } from './line-steps.ts';
import { addedText, greeting, howTo, meant, promptOf, questionText, summaryText, welcomeLines } from './line-texts.ts';
import { isNo, isYes } from './line-words.ts';

export type LineScreenOptions = {
  readonly version: string;
  readonly directory: string;
  readonly source: LineSource;
  /** Takes text as it is: lines with their end, and prompts without one. */
  write(text: string): void;
};

/** As much of a screen as there is before the steps. */
export type Before = Pick<Screen, 'welcome' | 'questions' | 'steps' | 'confirm' | 'close'>;

export class LineScreen implements Before {
  readonly #options: LineScreenOptions;
  /** A prompt stands there, and nobody has ended its line. */
  #asking = false;
  #closed = false;

  constructor(options: LineScreenOptions) {
    this.#options = options;
  }

  #tell(lines: readonly string[]): void {
    for (const line of lines) this.#options.write(`${inert(line)}\n`);
  }

  /** One line, as it may be shown; undefined where the input has ended. */
  async #ask(prompt: string): Promise<string | undefined> {
    if (this.#closed) return undefined;
    this.#options.write(inert(prompt));
    this.#asking = true;
    const line = await this.#options.source.next();
    if (line === undefined) return undefined;
    this.#asking = false;
    return inert(line);
  }

  async welcome(facts: WelcomeFacts, later?: Promise<WelcomeFacts>): Promise<Choice> {
    this.#tell([greeting(this.#options.version)]);
    // What is wrong with the folder is told by what is chosen then, as on the screen.
    const known = (await later?.catch(() => undefined)) ?? facts;
    const offers = offered(known);
    this.#tell(welcomeLines(this.#options.directory, known));
    for (;;) {
      const line = await this.#ask(`A number from 1 to ${offers.length} or a word of it, q leaves: `);
      if (line === undefined || line.trim() === 'q') return 'quit';
      const [one, another] = meant(line, offers);
      if (one && !another) return one.value;
      const which = one ? meant(line, offers) : offers;
      this.#tell([
        `Which of these? ${which.map(({ label }) => `${offers.findIndex((each) => each.label === label) + 1} ${label}`).join(', ')}`,
      ]);
    }
  }

  async questions(
    prefill: Prefill,
    validate: Validate,
    suggest: Suggest = async () => [],
    keep: Keep = () => undefined,
  ): Promise<NetworkDraft | undefined> {
    const known = new Known(suggest);
    const remarks = new Told(suggest);
    // What stood half typed in the line is typed anew.
    let state = begun({ ...prefill, ...(prefill.stopped ? { stopped: { ...prefill.stopped, line: undefined } } : {}) });
    keep(state);
    let listed: readonly string[] = [];
    let told: number | undefined;
    this.#tell(['', howTo]);
    while (state.outcome === undefined) {
      if (told !== state.at) await this.#come(state);
      told = state.at;
      const line = await this.#ask(promptOf(state));
      if (line === undefined) return undefined;
      if (line.trim() === '?' || fieldOf(state)?.name === 'clients') state = await known.with(state);
      const got = await this.#take(state, line, validate, listed);
      this.#tell([...addedText(got.added ?? [], got.state.clients.length), ...got.told]);
      // Two answers of the summary may be the same question's: what was changed there is told again.
      if (got.state.returns !== state.returns) told = undefined;
      state = got.state;
      this.#tell(await remarks.of(state));
      keep(state);
      listed = got.listed ?? [];
    }
    return state.outcome === 'taken' ? draftOf(state) : undefined;
  }

  steps(title: string): StepsPage {
    const page = new LineSteps(
      title,
      (lines) => this.#tell(lines),
      (prompt) => this.#ask(prompt),
    );
    return page;
  }

  async confirm({ title, lines, yes, no }: Confirm): Promise<boolean> {
    this.#tell(['', `${title}:`, ...lines]);
    // What was typed before this could be heard is no yes to it.
    await this.#options.source.rest();
    for (;;) {
      const line = await this.#ask(
        yes === undefined ? `Enter leads ${no}: ` : `y for yes, ${yes}; Enter leads ${no}: `,
      );
      const word = line?.trim() ?? '';
      if (yes === undefined || isNo(word)) return false;
      if (isYes(word)) return true;
      this.#tell([`${title}:`, ...lines]);
    }
  }

  /** Tells a question, or all answers. What was typed before somebody could hear them is no yes to them. */
  async #come(state: QuestionsState): Promise<void> {
    const field = fieldOf(state);
    if (field) return this.#tell(questionText(state, field));
    const early = await this.#options.source.rest();
    if (early.length > 0)
      this.#tell([
        `${plural(early.length, 'line')} came too early and ${early.length === 1 ? 'is' : 'are'} not taken.`,
      ]);
    this.#tell(summaryText(state));
  }

  /** One line; of clients all that came with it. */
  async #take(state: QuestionsState, line: string, validate: Validate, listed: readonly string[]): Promise<Reply> {
    if (fieldOf(state)?.name !== 'clients') return reply(state, line, validate, listed);
    const lines = [line, ...(await this.#options.source.rest()).map((each) => inert(each))];
    // Empty lines and notes within a paste end nothing; one behind it does.
    const meantLines = lines.filter((each, at) => at === lines.length - 1 || !/^\s*(#|$)/.test(each));
    const replies: Reply[] = [];
    for (const [at, each] of meantLines.entries()) {
      const now = replies.at(-1)?.state ?? state;
      if (now.at !== state.at || now.outcome) {
        const left = meantLines.length - at;
        return together(state, [...replies, { state: now, told: [`${plural(left, 'line')} behind that not taken.`] }]);
      }
      replies.push(reply(now, each, validate, at === 0 ? listed : replies.at(-1)?.listed));
    }
    return together(state, replies);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#options.source.close();
    // Where Ctrl-C or Ctrl-D has ended it, what comes next begins on a line of its own.
    if (this.#asking) this.#options.write('\n');
    this.#asking = false;
  }
}

/** What may be an answer, looked up once a question. */
class Known {
  readonly #suggest: Suggest;
  #asked: { readonly field: FieldName; readonly found: Promise<QuestionsState['known']> } | undefined;

  constructor(suggest: Suggest) {
    this.#suggest = suggest;
  }

  async with(state: QuestionsState): Promise<QuestionsState> {
    const field = fieldOf(state)?.name;
    if (!field) return state;
    if (this.#asked?.field !== field) {
      // What can't be looked up is typed.
      const found = this.#suggest(field, draftOf(state)).then(
        (all) => ({ [field]: all }),
        () => ({}),
      );
      this.#asked = { field, found };
    }
    return { ...state, known: { ...state.known, ...(await this.#asked.found) } };
  }
}

/** What there is to say of answers that were taken, each once. */
class Told {
  readonly #suggest: Suggest;
  readonly #known = new Set<string>();

  constructor(suggest: Suggest) {
    this.#suggest = suggest;
  }

  async of(state: QuestionsState): Promise<readonly string[]> {
    const fresh = takenSaid(state).filter((said) => !this.#known.has(remarkKey(said)));
    for (const said of fresh) this.#known.add(remarkKey(said));
    const found = await Promise.all(
      fresh.map(async (said) => {
        const noted = await this.#suggest.remark?.(said.kind, said.value).catch(() => undefined);
        return noted === undefined ? [] : [worded(noted, state, said)];
      }),
    );
    return [...new Set(found.flat().map((text) => `Note: ${text}${text.endsWith('?') ? '' : '.'}`))];
  }
}
