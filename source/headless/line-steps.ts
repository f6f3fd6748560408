/** The page of the steps where there are lines only: each is told as soon as it was looked at. */

import type { Event } from '../plan/event.ts';
import { onlyAsks } from '../plan/failure.ts';
import type { StepView, View } from '../plan/reduce.ts';
import { Backlog } from '../ui/backlog.ts';
import type { StepsChoice, StepsPage } from '../ui/screen.tsx';
import { wordsOf } from '../ui/steps-lines.ts';
import { doneCount, stepsLetters } from '../ui/steps-state.ts';
import { sentence, troubleTexts, warningTexts } from './heard-texts.ts';

/** Where nothing has an arrow, `<` leads back. */
const letters: typeof stepsLetters = { ...stepsLetters, '<': 'back' };

export class LineSteps implements StepsPage {
  readonly choice: Promise<StepsChoice>;
  readonly #backlog = new Backlog();
  readonly #tell: (lines: readonly string[]) => void;
  readonly #ask: (prompt: string) => Promise<string | undefined>;
  #choose: (choice: StepsChoice) => void = () => undefined;

  /** @param ask for a line; undefined where the input has ended */
  constructor(
    title: string,
    tell: (lines: readonly string[]) => void,
    ask: (prompt: string) => Promise<string | undefined>,
  ) {
    this.#tell = tell;
    this.#ask = ask;
    this.choice = new Promise((resolve) => {
      this.#choose = resolve;
    });
    tell(['', `The steps of ${title}, as they are now; nothing is changed by looking.`]);
  }

  feed(event: Event): void {
    this.#backlog.add(event);
    if (event.type !== 'step-finished') return;
    const { view } = this.#backlog.take();
    const step = view.steps.find(({ id }) => id === event.step);
    if (!step) return;
    this.#tell([rowOf(view, step), ...warningTexts(step.checks)]);
  }

  whole(): void {
    const { view } = this.#backlog.take();
    this.#tell(sumOf(view));
    void this.#answered(view).then((choice) => this.#choose(choice));
  }

  view(): View {
    return this.#backlog.take().view;
  }

  async #answered(view: View): Promise<StepsChoice> {
    const { steps } = view;
    for (;;) {
      const line = await this.#ask('Step, or g, n, e, f, r, b, q, ? tells all again: ');
      if (line === undefined) return { kind: 'quit' };
      if (line.trim() === '?') {
        this.#tell([...steps.flatMap((step) => [rowOf(view, step), ...warningTexts(step.checks)]), ...sumOf(view)]);
        continue;
      }
      const kind = letters[line.trim().toLowerCase()];
      if (kind) return { kind };
      const [, number, asks] = /^(\d)\s*(\??)$/.exec(line.trim()) ?? [];
      const step = steps[Number(number) - 1] ?? steps.find(({ id }) => id === line.trim().toLowerCase());
      if (step && !asks) return { kind: 'step', id: step.id };
      this.#tell(step ? about(view, step) : ['That is none of them.']);
    }
  }
}

function rowOf(view: View, step: StepView): string {
  const { found, word, why } = wordsOf(view, step);
  const [failure] = step.failures;
  // What is wrong here and at no host is wrong with a file: what was being done names it.
  const told = found === 'failed' && failure && failure.host === undefined ? `${failure.doing}: ${failure.why}` : why;
  return sentence(`${view.steps.indexOf(step) + 1} ${step.id}: ${word}${told ? `, ${told}` : ''}`);
}

function sumOf(view: View): readonly string[] {
  return [
    `${doneCount(view)} of ${view.steps.length} steps are done.`,
    'A number does that step, and with ? behind it tells what it would do. g goes on with all that is left, n begins a new run, e changes answers, f opens fl-network.yaml, r looks again, b goes back, q leaves.',
  ];
}

/** What a step would do, or why that can't be said. */
function about(view: View, step: StepView): readonly string[] {
  const { title, actions, failures } = step;
  const { found, word, why } = wordsOf(view, step);
  const wrong = onlyAsks(failures) ? [] : troubleTexts(failures);
  const todo = actions.map(({ host = 'here', text }) => `To do ${host === 'here' ? '' : 'at '}${host}: ${text}.`);
  return [
    `${title}:`,
    ...wrong,
    ...todo,
    ...warningTexts(step.checks),
    ...(onlyAsks(failures) ? [`${word}: ${why}.`] : []),
    ...(wrong.length + todo.length === 0 && !onlyAsks(failures)
      ? [found === 'before' ? `Nothing is to do yet; it was ${word}, ${why}.` : 'Nothing is to do.']
      : []),
  ];
}
