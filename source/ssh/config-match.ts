import { nextWord } from './config-words.ts';
import { matchesPattern, patternMatcher } from './name-matcher.ts';

/** What a `Host` or `Match` line is compared with, at its place in the file. */
export type Circumstances = {
  /** The name that `Host` compares: as it was given, and in the second pass what became of it. */
  readonly host: string;
  /** The name that `Match host` compares: with what HostName has said so far. */
  readonly hostSoFar: string;
  readonly originalHost: string;
  readonly user: string;
  readonly localUser: string;
  /** Whether the file is read for the second time, with the final name. */
  readonly isFinal: boolean;
};

/** `final` asks for a second pass, wherever it stands. */
export type MatchResult =
  | { readonly applies: boolean; readonly asksForFinal: boolean }
  /** Only what is not supported decides; or ssh would refuse the line. In words that continue the line's place. */
  | { readonly problem: string };

/** Whether a `Host` line stands for this host: capital and small letters differ here. */
export function hostApplies(words: readonly string[], host: string): boolean {
  let applies = false;
  for (const word of words) {
    const negated = word.startsWith('!');
    if (!matchesPattern(host, negated ? word.slice(1) : word)) continue;
    if (negated) return false;
    applies = true;
  }
  return applies;
}

/** Whether all criteria of a `Match` line hold (readconf.c, match_cfg_line). */
export function matchApplies(line: string, facts: Circumstances): MatchResult {
  const criteria = criteriaOf(line);
  if (typeof criteria === 'string') return { problem: criteria };
  const results = criteria.map(({ name, negated, value }) => {
    const holds = criterionHolds(name, value, facts);
    return holds === undefined ? undefined : holds !== negated;
  });
  const asksForFinal = criteria.some(({ name }) => name === 'final');
  if (results.includes(false)) return { applies: false, asksForFinal };
  const undecided = criteria[results.indexOf(undefined)];
  if (!undecided) return { applies: true, asksForFinal };
  return { problem: `only Match ${undecided.name} decides whether it applies, which fl-wizard does not support` };
}

type Criterion = { readonly name: string; readonly negated: boolean; readonly value: string };

/** Those that stand without a value. */
const single = ['all', 'final', 'canonical'];

/** The criteria of a line, or why ssh refuses it. */
function criteriaOf(line: string): readonly Criterion[] | string {
  const found: Criterion[] = [];
  let [word, rest] = nextWord(line);
  for (; word && !word.startsWith('#'); [word, rest] = nextWord(rest)) {
    const negated = word.startsWith('!');
    const name = word.slice(negated ? 1 : 0).toLowerCase();
    let value: string | undefined = '';
    if (!single.includes(name)) {
      [value, rest] = nextWord(rest);
      if (!value || value.startsWith('#')) return `Match ${name} has no value`;
    }
    found.push({ name, negated, value });
  }
  if (found.length === 0) return 'Match has no criterion';
  const all = found.findIndex(({ name }) => name === 'all');
  // One before it is let pass by ssh.
  return all > 1 || (all !== -1 && all < found.length - 1) ? 'all stands alone in a Match' : found;
}

function criterionHolds(name: string, value: string, facts: Circumstances): boolean | undefined {
  switch (name) {
    case 'all':
      return true;
    case 'final':
    case 'canonical':
      return facts.isFinal;
    case 'host':
      return patternMatcher(value)(facts.hostSoFar);
    case 'originalhost':
      return patternMatcher(value)(facts.originalHost);
    case 'user':
      return patternMatcher(value, 'exact')(facts.user);
    case 'localuser':
      return patternMatcher(value, 'exact')(facts.localUser);
    default:
      // exec, and what newer ones know: tagged, localnetwork, version, …
      return undefined;
  }
}
