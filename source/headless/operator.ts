/** The operator where nobody can be asked: flags answer, or the run ends and says what is missing. */
import type { Stage } from '../plan/action.ts';
import { exit } from '../plan/failure.ts';
import { type Answer, type Answers, invalidated, type Operator, type Question, typedAnswer } from '../plan/step.ts';
import { list } from '../plan/words.ts';

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
    refusal: ({ title }, stages) => {
      const broken = invalidated(stages);
      if (!options.yes || broken.length === 0) return undefined;
      return {
        exitCode: exit.declined,
        doing: `${title}: what is planned`,
        why: `--yes alone does not approve that certificates in use stop being valid: ${list(broken)}; nothing of the plan was done`,
        hint: 'where that is meant, --yes --allow-reissue approves it; else see in the plan whose they are',
      };
    },
    // A host key that nobody confirms is not trusted; a passphrase that nobody types is missing, and SSH says so. A new
    // key gets none. A host that asks at login gets no answer, not an empty one, and sudo neither.
    ask: async (question: Question): Promise<Answer> =>
      question.kind === 'login' || question.kind === 'sudo' ? { kind: 'no' } : typedAnswer(question, ''),
  };
}
