/** What a run leaves on the server's host, and which round's weights are meant. Pure. */
import { bestOf, fewerWords, type Judged } from '../plan/best.ts';
import { exit, UserError } from '../plan/failure.ts';
import { list } from '../plan/words.ts';

/** The names that the runtime gives; nothing else is taken from a host. */
export const journalName = 'events.jsonl';
export const configurationName = 'run.json';
export const runFileName = /^(?:events\.jsonl|run\.json|round-\d{1,9}-weights\.npz)$/;
export const weightsName = (round: number) => `round-${round}-weights.npz`;

export type RunFile = { readonly name: string; readonly size: number };

/** A run as its folder on the server's host tells it. */
export type RunFolder = {
  readonly run: string;
  /** Where it lies there. */
  readonly folder: string;
  /** How many rounds it is to have. */
  readonly rounds: number;
  readonly finished: boolean;
  readonly outcome?: string;
  /** SHA-256 of its journal's first line: by it, it is known from another run of its number. */
  readonly first?: string;
  /** The rounds that have ended, in their order. */
  readonly ended: readonly Judged[];
  readonly files: readonly RunFile[];
};

/** What `--round` takes. */
export type RoundWish = 'last' | 'best' | number;

/** A round whose weights are meant. */
export type ChosenRound = Judged & { readonly why: string };

/** @throws UserError (2) for what is neither a round nor one of the words */
export function roundWish(text: string): RoundWish {
  if (text === 'last' || text === 'best') return text;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw refused(`${JSON.stringify(text)} is no round`, 'it takes the number of a round, last or best');
}

/** The small files: of all of them the journal first, since the rest is made from it. */
export function smallFiles({ files }: RunFolder): readonly RunFile[] {
  return [journalName, configurationName].flatMap((name) => files.find((file) => file.name === name) ?? []);
}

/**
 * A round counts once it has ended and its weights are there.
 * @returns nothing where no round has ended yet and none was named
 * @throws UserError (2) naming what there is
 */
export function chooseRound(found: RunFolder, wish: RoundWish): ChosenRound | undefined {
  const kept = found.ended.filter(({ round }) => found.files.some(({ name }) => name === weightsName(round)));
  const last = kept.at(-1);
  if (typeof wish === 'number') {
    const named = kept.find(({ round }) => round === wish);
    if (named) return { ...named, why: 'as it was asked for' };
    throw refused(`run ${found.run} has no weights of round ${wish}`, available(kept));
  }
  if (wish === 'last') {
    if (!last) return undefined;
    const kind = last.round === found.ended.at(-1)?.round ? '' : ' whose weights are there';
    return { ...last, why: `the last round${kind}${found.finished ? '' : ' so far'}` };
  }
  const judged = bestOf(kept);
  if (!judged)
    throw refused(
      `no round of run ${found.run} whose weights are there has a loss or an accuracy to compare`,
      available(kept),
    );
  const { best, by, among, fewer } = judged;
  const what = by === 'loss' ? 'lowest loss' : 'highest accuracy';
  const why =
    among === 1 ? `the only round with ${by === 'loss' ? 'a loss' : 'an accuracy'}` : `the ${what} of ${among} rounds`;
  return { ...best, why: `${why}${found.finished ? '' : ' so far'}${fewerWords(fewer)}` };
}

function available(kept: readonly { readonly round: number }[]): string {
  return kept.length === 0
    ? 'no round has ended with weights'
    : `there ${kept.length === 1 ? 'is' : 'are'} ${spans(kept.map(({ round }) => round))}`;
}

/** `rounds 1 to 3 and 5`: a run may have thousands. */
export function spans(rounds: readonly number[]): string {
  const found: [number, number][] = [];
  for (const round of rounds) {
    const open = found.at(-1);
    if (open && open[1] === round - 1) open[1] = round;
    else found.push([round, round]);
  }
  const shown = found.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`));
  return `${rounds.length === 1 ? 'round' : 'rounds'} ${list(shown)}`;
}

function refused(why: string, hint: string): UserError {
  return new UserError({ exitCode: exit.invalid, doing: 'Choosing the round', why, hint });
}
