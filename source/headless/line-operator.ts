/** The operator of `--plain` in a terminal: the same questions, line by line. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import {
  type Answer,
  type Answers,
  invalidated,
  type LoginQuestion,
  type Operator,
  type Question,
  type SudoQuestion,
  typedAnswer,
} from '../plan/step.ts';
import { inert } from '../ui/inert.ts';
import { quiet } from './line-source.ts';

export type LineOptions = {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  readonly signal: AbortSignal;
  /** Ctrl-C: while a line is read that is not shown it is a key, and no signal. */
  interrupt(): void;
};

type Way = {
  readonly withdrawn?: AbortSignal | undefined;
  /** What is typed is not shown. */
  readonly hidden?: boolean;
};

/** One line; undefined where the input ends or somebody interrupts. */
export async function ask(
  options: LineOptions,
  question: string,
  { withdrawn = options.signal, hidden = false }: Way = {},
): Promise<string | undefined> {
  // Ctrl-D has ended it for all that is still to be asked; a reader of it would wait for ever.
  if (!options.input.readable) return undefined;
  // What may be seen the terminal itself echoes: Node's own line editor draws, and a screen reader reads that as well.
  const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : options.output;
  const reader = createInterface({ input: options.input, output, terminal: hidden });
  reader.on('SIGINT', options.interrupt);
  const ended = new Promise<undefined>((resolve) => reader.once('close', () => resolve(undefined)));
  try {
    let came = 0;
    reader.on('line', () => (came += 1));
    // What was typed before the question stood there is no answer to it, least of all a yes.
    if (!hidden) await Promise.race([quiet(() => came), ended]);
    // Only from here on does the terminal not show what is typed: before, nobody is to be invited to.
    else options.output.write(question);
    const signal = AbortSignal.any([options.signal, withdrawn]);
    const asked = reader.question(hidden ? '' : question, { signal }).catch(() => undefined);
    const line = await Promise.race([asked, ended]);
    // Nobody has ended the question's line: where a signal comes, the reader does.
    if (!options.input.readable && !hidden) options.output.write('\n');
    return line;
  } finally {
    reader.close();
  }
}

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
  for (const line of lines) options.output.write(`${inert(line)}\n`);
  const typed = says.length > 0 ? 'Answer' : 'Password';
  const text = echo
    ? await ask(options, `${typed}: `, { withdrawn })
    : await askHidden(options, `${typed} (not shown): `, withdrawn);
  return text === undefined ? { kind: 'no' } : typedAnswer(question, text);
}

async function askSudo(options: LineOptions, question: SudoQuestion, withdrawn?: AbortSignal): Promise<Answer> {
  const { host, address, user, doing, same, note } = question;
  if (note !== undefined) options.output.write(`${note}\n`);
  options.output.write(`sudo on ${host} (${address}) wants ${user}’s password, for: ${doing}.\n`);
  const alone = same === undefined ? '' : `, or Enter for the one that ${same} took`;
  const text = await askHidden(options, `Password${alone} (not shown): `, withdrawn);
  return text === undefined ? { kind: 'no' } : typedAnswer(question, text);
}

const yes = (text = '') => /^y(es)?$/i.test(text.trim());

export function lineOperator(options: LineOptions & { readonly answers: Answers }): Operator {
  return {
    answer: async () => options.answers,
    async approve(_step, stages) {
      const broken = invalidated(stages);
      if (broken.length > 0 && !options.answers.options.allowReissue)
        options.output.write(`This makes certificates invalid that are in use: ${broken.join(', ')}\n`);
      return yes(await ask(options, 'Do this? [y/N] '));
    },
    async ask(question: Question, withdrawn?: AbortSignal): Promise<Answer> {
      if (question.kind === 'login') return askLogin(options, question, withdrawn);
      if (question.kind === 'sudo') return askSudo(options, question, withdrawn);
      if (question.kind === 'passphrase') {
        if (question.note !== undefined) options.output.write(`${question.note}\n`);
        const text = await askHidden(options, `${prompts[question.wanted](question.file)} (not shown): `);
        return text === undefined ? { kind: 'no' } : typedAnswer(question, text);
      }
      if (question.kind === 'names') {
        const { held, found } = question;
        options.output.write(
          `The server’s host has, or clients dial, ${found.join(', ')} too; its certificate is for ${held.join(', ')}.\n`,
        );
        const answer = await ask(options, 'Write that into server.names of fl-network.yaml? [y/N] ');
        return { kind: yes(answer) ? 'yes' : 'no' };
      }
      const { host, address, keyType, fingerprint } = question;
      options.output.write(
        `${host} (${address}) is seen for the first time. Its ${keyType} key is\n  ${fingerprint}\n`,
      );
      return yes(await ask(options, 'Is that the right host? [y/N] ')) ? { kind: 'yes' } : { kind: 'no' };
    },
  };
}
