/** What the questions say where there are lines only. Each line makes sense when it is read aloud. Pure. */
import { type Field, fields } from '../ui/fields.ts';
import { plural } from '../ui/format.ts';
import { type Item, offered, promises, stateWord, type WelcomeFacts } from '../ui/offers.ts';
import { afterYes, beginsWith, summaryRows } from '../ui/question-summary.ts';
import { fieldOf, type QuestionsState } from '../ui/questions-state.ts';

/** So many clients are told without being asked for. */
const fewClients = 10;

/** What this is: told at once, before anything is looked at. */
export function greeting(version: string): string {
  return `fl-wizard ${version}. ${promises.join(' ')}`;
}

/** What this folder is, and what can be done here. */
export function welcomeLines(directory: string, facts: WelcomeFacts): readonly string[] {
  const { network, found, note } = facts;
  return [
    `The folder ${directory}: ${stateWord(facts)}.`,
    ...(network
      ? [`Network ${network.name}: server ${network.address}, ${plural(network.clients, 'client')}.`]
      : [
          'For a network you need: a server and clients with SSH and Python 3.11+, and one port that clients can reach.',
        ]),
    ...(note === undefined ? [] : [note]),
    ...found.map(([label, value]) => `Found ${label}: ${value.replaceAll('  ', ', ')}.`),
    ...offered(facts).map(({ label, what }, at) => `${at + 1} ${label}: ${what}.`),
  ];
}

/** As a listener would call them, where that is not what they are called here. */
const words: Readonly<Partial<Record<Item['value'], string>>> = { steps: 'up', choose: 'steps' };

/** The offers that a line may mean: by number, by the word for it, or by how a word of it begins. */
export function meant(line: string, offers: readonly Item[]): readonly Item[] {
  const text = line.trim().toLowerCase();
  const exact = offers.filter(({ value }, at) => text === (words[value] ?? value) || text === String(at + 1));
  if (exact.length > 0 || text === '') return exact;
  const whole = offers.filter(({ label }) => label.toLowerCase().startsWith(text));
  if (whole.length > 0) return whole;
  return offers.filter(({ label }) =>
    label
      .toLowerCase()
      .split(' ')
      .some((word) => word.startsWith(text)),
  );
}

/** A question as it is told when it is come to. */
export function questionText(state: QuestionsState, field: Field): readonly string[] {
  const { from, clients, at, editor } = state;
  const source = from[field.name];
  const found = [
    ...(source === undefined ? [] : [`Found in ${source}.`]),
    ...(field.name === 'address' && from.unused !== undefined ? [`Not taken: ${from.unused}.`] : []),
  ];
  const list =
    clients.length === 0 ? [] : [`So far ${plural(clients.length, 'client')}; list tells ${them(clients.length)}.`];
  return [
    '',
    `Question ${at + 1} of ${fields.length}: ${field.title}`,
    field.what,
    field.why,
    `For example: ${field.example}`,
    ...(field.empty === undefined
      ? []
      : [
          editor.text === ''
            ? `Left empty: ${field.empty}.`
            : `Without an answer: ${field.empty}; for that type a minus, -.`,
        ]),
    ...found,
    ...(field.name === 'clients' ? list : []),
  ];
}

function them(count: number): string {
  return count === 1 ? 'it' : 'them';
}

export function promptOf(state: QuestionsState): string {
  const field = fieldOf(state);
  if (!field)
    return state.changes
      ? `1 to ${fields.length} changes that answer, y goes on with them, q leaves all as it was: `
      : `y writes it, 1 to ${fields.length} changes that answer, back goes back, q leaves: `;
  const { clients, editor } = state;
  if (field.name === 'clients')
    return clients.length === 0 ? 'Client 1: ' : `Client ${clients.length + 1}, or Enter when that is all: `;
  if (editor.text !== '') return `Answer, or Enter for ${editor.text}: `;
  return field.empty === undefined ? 'Answer: ' : `Answer, or Enter (${field.empty}): `;
}

/** How the questions are answered. */
export const howTo =
  'One question after the other: type an answer and Enter. ? tells the question again and what is known, back leads to the one before, q leaves; nothing is written before the end.';

export function summaryText(state: QuestionsState): readonly string[] {
  const { clients, app } = state;
  const more = clients.length - fewClients;
  const begins = beginsWith(state);
  return [
    '',
    state.changes ? 'Which answer do you want to change?' : 'Is this right?',
    ...summaryRows(state).map(([label, value], at) => `${at + 1} ${label}: ${value || 'none'}`),
    ...clients.slice(0, fewClients).map(({ name, ssh }) => `Client ${name}, ${ssh}`),
    ...(more > 0 ? [`And ${more} more; list tells all.`] : []),
    ...(app === undefined ? [] : [`App: ${app}`]),
    ...(begins === undefined ? [] : [begins]),
    afterYes(state),
  ];
}

/** One is told with its host; of many their number and the last one. */
export function addedText(added: readonly string[], all: number): readonly string[] {
  const [first] = added;
  if (first === undefined) return [];
  if (added.length <= 3) return [...added.map((each) => `Added ${each}.`), `${plural(all, 'client')} so far.`];
  return [`Added ${plural(added.length, 'client')}, the last is ${added.at(-1)}. ${plural(all, 'client')} so far.`];
}
