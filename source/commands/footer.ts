/** What to do with a run that has ended. */
import { weightsFolder } from '../demo/ending.ts';
import type { View } from '../plan/reduce.ts';
import { isOld } from '../ui/found.ts';
import { isDemo } from './demo-folder.ts';
import type { SessionOptions } from './stage.ts';

type About = Pick<SessionOptions, 'directory' | 'network' | 'steps' | 'ending'>;

/**
 * Nothing where a run was not the point of the session.
 * @param begins whether the key n begins the next one from where this is read
 */
export async function footer(
  { directory, network, steps, ending }: About,
  view: View,
  begins = false,
): Promise<readonly string[]> {
  if (!steps.some(({ id }) => id === 'launch' || id === 'monitor')) return [];
  if (view.run.end === undefined) return goesOn(steps, view);
  // The hosts of a demo are gone with it.
  if (!ending && (await isDemo({ directory, network })))
    return [
      `Weights   ${weightsFolder(view.run.id ?? '')}`,
      'Next      fl-wizard report makes a page of the run',
      '          fl-wizard demo trains another one',
    ];
  const old = view.steps.some(isOld);
  const another = `${begins ? 'n' : 'fl-wizard launch --new'} begins ${old ? 'the next with those of now' : 'another run'}`;
  const next = [
    'fl-wizard pull fetches them, with metrics and configuration',
    'fl-wizard report makes a page of the run',
  ];
  return [
    ...(old ? ['Ended     with the app or the settings of before, not with those of now'] : []),
    `Weights   ${network.server.remote.home}/runs/${view.run.id ?? ''} on the server's host`,
    ...(ending
      ? [`Next      ${another}`]
      : [
          // The settings of now wait for it.
          ...(old ? [another, ...next] : [...next, another]),
          'fl-wizard down ends all on the hosts; --purge removes what was placed',
        ].map((text, at) => (at === 0 ? 'Next' : '').padEnd(10) + text)),
  ];
}

/** Where a run was launched, or goes on, and nobody watches it: a dry run has proved nothing of the kind. */
function goesOn(steps: About['steps'], view: View): readonly string[] {
  const launched = view.steps.find(({ id }) => id === 'launch')?.checks ?? [];
  const serves = launched.some(({ name, ok }) => name === 'server' && ok);
  if (!serves || steps.some(({ id }) => id === 'monitor')) return [];
  return ['Next      fl-wizard monitor watches it; fl-wizard monitor --wait is there until its end'];
}
