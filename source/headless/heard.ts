/**
 * Events as sentences, for who hears them in a terminal or reads them there line by line. Each thing is told once: what is
 * right is counted, a plan's parts are not told again as they are done. Pure: an event in, lines out.
 */
import type { Event } from '../plan/event.ts';
import { plural } from '../ui/format.ts';
import { inert } from '../ui/inert.ts';
import { checkTexts, countTexts, ofHosts, sentence, troubleTexts, warningTexts } from './heard-texts.ts';
import { More } from './more.ts';
import { asciiSymbols, PlainReader } from './plain.ts';

/** So many lines of a plan are told without being asked for. */
const fewLines = 12;

/** So many lines of what a plan prints are told as they come, and then one now and then: an installer names each package. */
const fewPrinted = 3;
const printedMilliseconds = 10_000;

type Of<Type extends Event['type']> = Extract<Event, { type: Type }>;

export type HeardOptions = {
  /** Nobody can ask for what is left out: checks and diffs are told whole. */
  readonly whole: boolean;
  /** Somebody is asked, and so can ask for more by its word. */
  readonly asks: boolean;
};

export class HeardReader {
  readonly more = new More();
  readonly #options: HeardOptions;
  /** Tells what happens in a run, and how far a long plan is. */
  readonly #plain = new PlainReader(asciiSymbols);
  #titles: readonly (readonly [id: string, title: string])[] = [];
  #actions = 0;
  #begun = false;
  #done = 0;
  #checks: Of<'check-finished'>['check'][] = [];
  #printed = 0;
  /** The run of which it was told how much of it is read. */
  #past: string | undefined;
  /** When a line of what is printed was told last. */
  #toldAt = 0;
  readonly #out = new Map<string, string>();

  constructor(options: HeardOptions) {
    this.#options = options;
  }

  /** How files change is told by its word, or to nobody: in a demo that nobody was asked about. */
  get leavesOut(): boolean {
    return !this.#options.whole;
  }

  read(event: Event): readonly string[] {
    const rest = this.#plain.read(event);
    return this.#lines(event, rest).map((line) => inert(line));
  }

  #lines(event: Event, rest: readonly string[]): readonly string[] {
    switch (event.type) {
      case 'session-started':
        this.#titles = event.steps.map(({ id, title }) => [id, title] as const);
        return [];
      case 'step-started':
        return this.#step(event);
      case 'plan-ready':
        return this.#plan(event);
      case 'host-failed':
        this.#out.set(event.host, event.failure.why);
        return [];
      case 'action-started':
        if (this.#begun) return [];
        this.#begun = true;
        this.#printed = 0;
        this.more.done();
        return ['Doing it.'];
      case 'action-output':
        return this.#output(event);
      case 'action-finished':
        return this.#action(event, rest);
      case 'check-finished':
        this.#checks.push(event.check);
        this.more.check(event.check);
        // What is wrong is a failure as well, and told with what to try.
        return event.check.ok && this.#options.whole && event.check.hint === undefined ? checkTexts([event.check]) : [];
      case 'step-finished':
        return this.#end(event);
      case 'past-known':
        // A link that was lost for a moment has it read once more.
        if (this.#past === event.run) return [];
        this.#past = event.run;
        return rest.map(sentence);
      default:
        return rest.map(sentence);
    }
  }

  #step({ step }: Of<'step-started'>): readonly string[] {
    this.#out.clear();
    this.#checks = [];
    const at = this.#titles.findIndex(([id]) => id === step);
    const title = this.#titles[at]?.[1] ?? step;
    this.more.begin(title);
    const count = this.#titles.length;
    return [sentence(count > 1 && at >= 0 ? `Step ${at + 1} of ${count}: ${title}` : title)];
  }

  #plan({ actions }: Of<'plan-ready'>): readonly string[] {
    this.#actions = actions.length;
    this.#begun = false;
    this.#done = 0;
    if (actions.length === 0) return [];
    const plan = ofHosts(actions, ({ text }) => text);
    const changed = actions.flatMap(({ diff = [] }) => diff).filter((line) => /^[+-]/.test(line)).length;
    this.more.planned({ plan });
    const cut = this.#options.asks && plan.length > fewLines;
    return [
      'To do:',
      ...(cut ? plan.slice(0, fewLines - 2) : plan),
      ...(cut ? [`And ${plan.length - fewLines + 2} more lines; plan tells all.`] : []),
      ...(changed > 0 && this.#options.asks ? [`${plural(changed, 'line')} of files to change; diff tells how.`] : []),
      // Before anybody says yes to it.
      ...[...this.#out].map(([host, why]) => sentence(`${host} is left out: ${why}`)),
    ];
  }

  /** Something is heard of what takes long, and not all of it. */
  #output({ host, line, time }: Of<'action-output'>): readonly string[] {
    const told = sentence(`${host === undefined ? '' : `${host}: `}${line}`);
    this.more.output(told);
    this.#printed += 1;
    const now = Date.parse(time);
    if (!this.#options.whole && this.#printed > fewPrinted && now - this.#toldAt < printedMilliseconds) return [];
    this.#toldAt = now;
    return [told];
  }

  /** That all is done, and now and then how much of a long plan. */
  #action({ outcome }: Of<'action-finished'>, rest: readonly string[]): readonly string[] {
    if (outcome !== 'failed') this.#done += 1;
    if (this.#done === this.#actions) return ['Done.'];
    return rest.slice(1).map((line) => sentence(line.replace(/^ *- /, '')));
  }

  #end({ step, outcome, failures = [] }: Of<'step-finished'>): readonly string[] {
    const found = [...(this.#options.whole ? [] : countTexts(this.#checks)), ...warningTexts(this.#checks)];
    const troubled = [...found, ...troubleTexts(failures)];
    if (outcome === 'declined') return [...troubled, 'Nothing of this was done.'];
    if (failures.length > 0 && this.#begun && this.#done < this.#actions)
      return [`${this.#done} of ${this.#actions} are done; the next run does the rest.`, ...troubled];
    // Who watches changes nothing.
    return outcome === 'unchanged' && step !== 'monitor' ? ['Nothing is left to do here.', ...troubled] : troubled;
  }
}
