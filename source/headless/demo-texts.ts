/** What the demo's last screen tells, in sentences: a table and a curve are nothing to who hears them. Pure. */
import type { RoundFinished } from '../plan/event.ts';
import type { DemoFacts } from '../ui/demo-facts.ts';
import { haveTitle, headOf, stoppedText } from '../ui/demo-lines.ts';
import { number } from '../ui/format.ts';
import { inert } from '../ui/inert.ts';
import { aloneText, proofTitle, triesOf, verdictOf } from '../ui/proof-tries.ts';
import { bestRound, metricsOf } from '../ui/run-facts.ts';
import { sentence } from './heard-texts.ts';

/** Each round was told as it ended; beside the loss so many metrics are told once more. */
const fewMetrics = 2;

/** Nobody stays to look around: what lies in a folder that goes with these lines is no news. */
const gone = 'Its folder is gone with it; --keep keeps the certificates, fl-network.yaml and the weights.';

export function demoTexts(facts: DemoFacts): readonly string[] {
  const { view, flowerAlone, have, next, kept } = facts;
  const { failed, time, about } = headOf(facts);
  const tries = triesOf(view.proof);
  return [
    `The demo ${failed ? 'failed after' : 'finished in'} ${time}: ${about}.`,
    ...roundTexts(view.run.finished),
    ...(tries.length > 0 ? [`${proofTitle}:`] : []),
    ...tries.map(({ check, times }) =>
      sentence(`${check.name}${times > 1 ? `, ${times} times` : ''}: ${verdictOf(check)}`),
    ),
    ...(tries.length > 0 && flowerAlone ? [aloneText(flowerAlone)] : []),
    ...(kept ? [`${haveTitle(facts)}:`, ...have.map(({ path, what }) => sentence(`${path}: ${what}`))] : [gone]),
    ...next.map(({ command, what }) => sentence(`Next: ${command}, for ${what}`)),
    // Of a folder that is gone, that was said.
    stoppedText(true),
  ].map((line) => inert(line));
}

/** How far training has come, from its first round to its last. */
function roundTexts(finished: readonly RoundFinished[]): readonly string[] {
  const [first, last] = [finished[0], finished.at(-1)];
  if (!first || !last || first === last) return [];
  const values = (round: RoundFinished) => ({
    ...round.metrics,
    ...(round.loss === undefined ? {} : { loss: round.loss }),
  });
  const [before, after]: Readonly<Record<string, number>>[] = [values(first), values(last)];
  const ways = ['loss', ...metricsOf(finished).slice(0, fewMetrics)].flatMap((name) => {
    const [from, to] = [before?.[name], after?.[name]];
    return from === undefined || to === undefined ? [] : [`${name} went from ${number(from)} to ${number(to)}`];
  });
  const best = bestRound(finished);
  return [
    ...(ways.length > 0 ? [sentence(`From round ${first.round} to ${last.round}, ${ways.join(', ')}`)] : []),
    ...(best === undefined ? [] : [`The best is round ${best}.`]),
  ];
}
