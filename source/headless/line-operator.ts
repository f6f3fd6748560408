/** The operator of `--plain` in a terminal: the same questions, line by line. */
import {
  type Answer,
  type Answers,
  anotherWhy,
  invalidated,
  type LoginQuestion,
  type Operator,
  type Question,
  type SudoQuestion,
  typedAnswer,
} from '../plan/step.ts';
import { ask, type LineOptions, tell } from './line-ask.ts';
import { askYes } from './line-yes.ts';
import type { More } from './more.ts';

/** Reads a line that is not shown. */
async function askHidden(options: LineOptions, question: string, withdrawn?: AbortSignal): Promise<string | undefined> {
  const text = await ask(options, question, { withdrawn, hidden: true });
  options.output.write('\n');
  return text;
}

const prompts: Readonly<Record<(Question & { kind: 'passphrase' })['wanted'], (file: string) => string>> = {
  'open-ssh': (file) => `Passphrase of ${file}`,
  'open-ca': (file) => `Passphrase of the CA’s key ${file}`,
  'new-ca': (file) => `Passphrase for the CA’s key ${file}, or Enter for none`,
  'repeat-ca': () => 'The same again',
};

/** What a host asks at login. A bar stands before each of its own words, so that none is taken for ours. */
async function askLogin(options: LineOptions, question: LoginQuestion, withdrawn?: AbortSignal): Promise<Answer> {
  const { host, address, user, because, says, echo } = question;
  const wants = says.length > 0 ? 'asks at login, in its own words:' : 'wants a password.';
  const lines = [`${host} (${user}@${address}) ${wants}`, ...says.map((line) => `  | ${line}`), because];
  tell(options, lines);
  const typed = says.length > 0 ? 'Answer' : 'Password';
  const text = echo
    ? await ask(options, `${typed}: `, { withdrawn })
    : await askHidden(options, `${typed} (not shown): `, withdrawn);
  return text === undefined ? { kind: 'no' } : typedAnswer(question, text);
}

async function askSudo(options: LineOptions, question: SudoQuestion, withdrawn?: AbortSignal): Promise<Answer> {
  const { host, address, user, doing, same, note } = question;
  const about = `sudo on ${host} (${address}) wants ${user}’s password, for: ${doing}.`;
  tell(options, note === undefined ? [about] : [note, about]);
  const alone = same === undefined ? '' : `, or Enter for the one that ${same} took`;
  const text = await askHidden(options, `Password${alone} (not shown): `, withdrawn);
  return text === undefined ? { kind: 'no' } : typedAnswer(question, text);
}

type OperatorOptions = LineOptions & { readonly answers: Answers; readonly more?: More | undefined };

export function lineOperator(options: OperatorOptions): Operator {
  /** Tells what is asked about, and does so again where that is wished for. */
  const asked = (about: readonly string[], question: string, more?: More) => {
    tell(options, about);
    return askYes(options, question, { again: about, more });
  };
  return {
    answer: async () => options.answers,
    async approve(_step, stages) {
      const broken = invalidated(stages);
      const warned = broken.length > 0 && !options.answers.options.allowReissue;
      const about = `This makes certificates invalid that are in use: ${broken.join(', ')}`;
      return asked(warned ? [about] : [], 'Do this?', options.more);
    },
    async ask(question: Question, withdrawn?: AbortSignal): Promise<Answer> {
      if (question.kind === 'login') return askLogin(options, question, withdrawn);
      if (question.kind === 'sudo') return askSudo(options, question, withdrawn);
      if (question.kind === 'passphrase') {
        if (question.note !== undefined) tell(options, [question.note]);
        const text = await askHidden(options, `${prompts[question.wanted](question.file)} (not shown): `);
        return text === undefined ? { kind: 'no' } : typedAnswer(question, text);
      }
      if (question.kind === 'names') {
        const { held, found } = question;
        const about = `The server’s host has, or clients dial, ${found.join(', ')} too; its certificate is for ${held.join(', ')}.`;
        const written = await asked([about], 'Write that into server.names of fl-network.yaml?');
        return { kind: written ? 'yes' : 'no' };
      }
      if (question.kind === 'another') {
        const about = `${anotherWhy} With no all goes on with that run.`;
        return { kind: (await asked([about], 'Plan another run?')) ? 'yes' : 'no' };
      }
      const { host, typed, address, keyType, fingerprint, nth = 1, hosts = 1 } = question;
      const who = typed ? `${typed} (${host}, ${address})` : `${host} (${address})`;
      const place = nth > 1 ? ` It is new host ${nth}, of ${hosts} at most.` : '';
      const about = [
        `${who} is seen for the first time.${place} Its ${keyType} key is`,
        `  ${fingerprint}`,
        'With yes it is kept in .fl-wizard/known_hosts of this project.',
      ];
      return { kind: (await asked(about, 'Is that the right host?')) ? 'yes' : 'no' };
    },
  };
}
