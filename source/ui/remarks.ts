/** What there is to say of an answer that is taken all the same: a host without an address, a key that is not there. Pure. */
import { fields } from './fields.ts';
import { fieldOf, type QuestionsState } from './questions-state.ts';

/** `address`: the server's; `ssh`: `[user@]host[:port]`; `identityFile`: the path of a key. */
export type RemarkKind = 'address' | 'ssh' | 'identityFile';

/** Looks at an answer; nothing where all is well, or nothing can be known. Nobody waits for it. */
export type Remark = (kind: RemarkKind, value: string) => Promise<string | undefined>;

/** Found so far, by kind and value. */
export type Remarks = Readonly<Record<string, string>>;

export type Said = { readonly kind: RemarkKind; readonly value: string };

export const remarkKey = ({ kind, value }: Said): string => `${kind} ${value}`;

const kinds: Readonly<Record<string, RemarkKind>> = { address: 'address', server: 'ssh', identityFile: 'identityFile' };

/** What is in the line and may become an answer of such a kind. */
export function typedSaid(state: QuestionsState): readonly Said[] {
  const kind = kinds[fieldOf(state)?.name ?? 'summary'];
  const value = state.editor.text.trim();
  return value === '' || state.problem !== undefined || kind === undefined ? [] : [{ kind, value }];
}

/** The answers that were taken. */
export function takenSaid({ answers, clients }: Pick<QuestionsState, 'answers' | 'clients'>): readonly Said[] {
  const said: readonly Said[] = [
    { kind: 'address', value: answers.address },
    { kind: 'ssh', value: answers.server },
    { kind: 'identityFile', value: answers.identityFile.trim() },
    ...clients.map(({ ssh }) => ({ kind: 'ssh' as const, value: ssh })),
  ];
  return said.filter(({ value }) => value !== '');
}

/** What is known to be said of these, each once. */
export function remarksOf(remarks: Remarks, said: readonly Said[]): readonly string[] {
  return [...new Set(said.flatMap((each) => remarks[remarkKey(each)] ?? []))];
}

/**
 * What stands below the line: of what is typed, of the client under the cursor, else of the last client that has any; else of
 * the answer before, since who types on is at the next question by the time that a name was looked up.
 */
export function remarkNow(state: QuestionsState): string | undefined {
  return remarkHere(state) ?? remarksOf(state.remarks, saidBefore(state))[0];
}

function saidBefore({ at, answers }: QuestionsState): readonly Said[] {
  const name = fields[at - 1]?.name;
  if (name !== 'server' && name !== 'identityFile') return [];
  return [{ kind: name === 'server' ? 'ssh' : name, value: answers[name] }];
}

function remarkHere(state: QuestionsState): string | undefined {
  if (fieldOf(state)?.name !== 'clients') return remarksOf(state.remarks, typedSaid(state))[0];
  const { clients, selected } = state;
  const shown = selected === undefined ? clients : clients.slice(selected, selected + 1);
  return remarksOf(
    state.remarks,
    shown.map(({ ssh }) => ({ kind: 'ssh', value: ssh })),
  ).at(-1);
}
