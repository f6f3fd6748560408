/** What to do with a run that has ended. */
import { weightsFolder } from '../demo/ending.ts';
import type { View } from '../plan/reduce.ts';
import { isDemo } from './demo-folder.ts';
import type { SessionOptions } from './stage.ts';

type About = Pick<SessionOptions, 'directory' | 'network' | 'steps' | 'ending'>;

/** Nothing where a run was not the point of the session. */
export async function footer({ directory, network, steps, ending }: About, view: View): Promise<readonly string[]> {
  if (!steps.some(({ id }) => id === 'launch' || id === 'monitor')) return [];
  if (view.run.end === undefined) return goesOn(steps, view);
  // The hosts of a demo are gone with it.
  if (!ending && (await isDemo({ directory, network })))
    return [
      `Weights   ${weightsFolder(view.run.id ?? '')}`,
      'Next      fl-wizard report makes a page of the run',
      '          fl-wizard demo trains another one',
    ];
  const another = 'fl-wizard launch --new starts another run';
  return [
    `Weights   ${network.server.remote.home}/runs/${view.run.id ?? ''} on the server's host`,
    ...(ending
      ? [`Next      ${another}`]
      : [
          'Next      fl-wizard pull fetches them, with metrics and configuration',
          '          fl-wizard report makes a page of the run',
          `          ${another}`,
        ]),
  ];
}

/** Where a run was launched, or goes on, and nobody watches it: a dry run has proved nothing of the kind. */
function goesOn(steps: About['steps'], view: View): readonly string[] {
  const launched = view.steps.find(({ id }) => id === 'launch')?.checks ?? [];
  const serves = launched.some(({ name, ok }) => name === 'server' && ok);
  if (!serves || steps.some(({ id }) => id === 'monitor')) return [];
  return ['Next      fl-wizard monitor watches it; fl-wizard monitor --wait is there until its end'];
}
