/** What there is to say of an answer that is taken all the same: a host without an address, a key that is not there. Pure. */
import { fields } from './fields.ts';
import type { QuestionsState } from './questions-face.ts';
import { isTaken } from './suggestions.ts';

/** `address`: the server's; `ssh`: `[user@]host[:port]`; `identityFile`: the path of a key. */
export type RemarkKind = 'address' | 'ssh' | 'identityFile';

/** Looks at an answer; nothing where all is well, or nothing can be known. Nobody waits for it. */
export type Remark = (kind: RemarkKind, value: string) => Promise<Noted | undefined>;

/** In words; `meant` are Hosts that may be meant, the likeliest first. */
export type Noted = string | { readonly text: string; readonly meant: readonly string[] };

/** Found so far, by kind and value. */
export type Remarks = Readonly<Record<string, Noted>>;

export type Said = { readonly kind: RemarkKind; readonly value: string };

export const remarkKey = ({ kind, value }: Said): string => `${kind} ${value}`;

/** The question that is open; none where it is the summary. */
const fieldName = ({ at }: QuestionsState) => fields[at]?.name;

const kinds: Readonly<Record<string, RemarkKind>> = { address: 'address', server: 'ssh', identityFile: 'identityFile' };

/** What is in the line and may become an answer of such a kind. */
export function typedSaid(state: QuestionsState): readonly Said[] {
  const kind = kinds[fieldName(state) ?? 'summary'];
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

type Answered = Pick<QuestionsState, 'answers' | 'clients'>;

/** What is known to be said of these, each once. */
export function remarksOf(state: Answered & Pick<QuestionsState, 'remarks'>, said: readonly Said[]): readonly string[] {
  return [
    ...new Set(
      said.flatMap((each) => {
        const noted = state.remarks[remarkKey(each)];
        return noted === undefined ? [] : worded(noted, state, each);
      }),
    ),
  ];
}

/** Who is somebody already is not meant; but an answer is, that is replaced by what was said. */
export function worded(noted: Noted, { answers, clients }: Answered, { value }: Pick<Said, 'value'>): string {
  if (typeof noted === 'string') return noted;
  const taken = { server: clients.some(({ ssh }) => ssh === value) ? answers.server : '', clients };
  const meant = noted.meant.find((alias) => !isTaken(alias, taken));
  return meant === undefined ? noted.text : `${noted.text}; did you mean ${meant}?`;
}

/** What the first enter stays for: it is known of what is in the line, and nobody has taken it so before. */
export function isToHear(state: QuestionsState): boolean {
  const { answers, reached, at } = state;
  const [said] = typedSaid(state);
  if (!said || remarksOf(state, [said]).length === 0 || state.heard === remarkKey(said)) return false;
  const name = fieldName(state);
  return reached <= at || name === undefined || name === 'clients' || answers[name] !== said.value;
}

/** With what is in the line as what was heard of. */
export function hearing(state: QuestionsState): QuestionsState {
  const [said] = typedSaid(state);
  return said ? { ...state, heard: remarkKey(said) } : state;
}

/** Whether one enter stayed, and the next one takes what is in the line. */
export function isHeard(state: QuestionsState): boolean {
  return typedSaid(state).some((said) => state.heard === remarkKey(said)) && remarkNow(state) !== undefined;
}

/**
 * What stands below the line: of what is typed, of the client under the cursor, else of the last client that has any; else of
 * the answer before, since who types on is at the next question by the time that a name was looked up.
 */
export function remarkNow(state: QuestionsState): string | undefined {
  const here = remarkHere(state);
  if (here !== undefined) return here;
  const before = saidBefore(state);
  const [late] = remarksOf(state, before);
  return late === undefined ? undefined : `${before[0]?.kind === 'ssh' ? 'server' : 'SSH key'}: ${late}`;
}

function saidBefore({ at, answers }: QuestionsState): readonly Said[] {
  const name = fields[at - 1]?.name;
  if (name !== 'server' && name !== 'identityFile') return [];
  return [{ kind: name === 'server' ? 'ssh' : name, value: answers[name] }];
}

function remarkHere(state: QuestionsState): string | undefined {
  if (fieldName(state) !== 'clients') return remarksOf(state, typedSaid(state))[0];
  const { clients, selected } = state;
  const shown = selected === undefined ? clients : clients.slice(selected, selected + 1);
  return remarksOf(
    state,
    shown.map(({ ssh }) => ({ kind: 'ssh', value: ssh })),
  ).at(-1);
}
