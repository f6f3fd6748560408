/** The operator where nobody can be asked: flags answer, or the run ends and says what is missing. */
import type { Stage } from '../plan/action.ts';
import { type Answer, type Answers, invalidated, type Operator, type Question, typedAnswer } from '../plan/step.ts';

export type HeadlessOptions = {
  readonly answers: Answers;
  readonly yes: boolean;
};

/** Whether a plan may be done without a person: `--yes` does not approve what makes deployed certificates invalid. */
export function approves(stages: readonly Stage[], { answers, yes }: HeadlessOptions): boolean {
  return yes && (answers.options.allowReissue === true || invalidated(stages).length === 0);
}

export function headlessOperator(options: HeadlessOptions): Operator {
  return {
    answer: async () => options.answers,
    approve: async (_step, stages) => approves(stages, options),
    // A host key that nobody confirms is not trusted; a passphrase that nobody types is missing, and SSH says so. A new
    // key gets none. A host that asks at login gets no answer, not an empty one, and sudo neither.
    ask: async (question: Question): Promise<Answer> =>
      question.kind === 'login' || question.kind === 'sudo' ? { kind: 'no' } : typedAnswer(question, ''),
  };
}
