/** How all steps stand now: each is looked at and planned, and nothing is done or asked. */
import { standsHere } from '../plan/builds-on.ts';
import { type Event, withTime } from '../plan/event.ts';
import { run } from '../plan/run.ts';
import type { Answers, Operator, Step } from '../plan/step.ts';
import { listed } from '../plan/told.ts';
import type { Call } from './context.ts';
import type { readProject } from './project.ts';
import { hostsMustDiffer, worldOf } from './session.ts';

type Project = Awaited<ReturnType<typeof readProject>>;

/** A host that was found in trouble keeps nobody from seeing how that stands which is made here. */
export function answersFor(step: string, answers: Answers, troubled: boolean): Answers {
  if (!troubled || !standsHere(step, answers.network.certificates.keys)) return answers;
  return { ...answers, options: { ...answers.options, offline: true } };
}

/**
 * Tells what a session of these steps would tell before anything is approved; each by itself, so that one in trouble does
 * not hide the others. Hosts are looked at once for all.
 * @throws UserError (2) where two members are one host
 */
export async function lookAtSteps(
  call: Call,
  project: Project,
  steps: readonly Step[],
  tell: (event: Event) => void,
): Promise<void> {
  await hostsMustDiffer(call, project.network);
  const dry: Call = { ...call, common: { ...call.common, dryRun: true } };
  const answers: Answers = { network: project.network, options: call.options, only: call.common.only ?? [] };
  // What would be asked is asked by the step itself.
  let troubled = false;
  const operator: Operator = {
    answer: async ({ id }) => answersFor(id, answers, troubled),
    approve: async () => false,
    ask: async () => ({ kind: 'no' }),
  };
  const { signal } = call.io;
  const world = worldOf(dry, project, operator.ask);
  try {
    const titles = steps.map(({ id, title, command }) => ({ id, title, ...(command ? { command } : {}) }));
    tell(withTime({ type: 'session-started', version: 1, steps: titles }, world.now));
    for (const step of steps) {
      if (signal.aborted) return;
      const options = { world, operator, signal, dryRun: true, parallel: call.common.parallel, command: call.command };
      for await (const told of run([step], options))
        for (const happening of listed(told)) {
          if (happening.type === 'session-started' || happening.type === 'session-finished') continue;
          if (happening.type === 'step-finished') troubled ||= (happening.failures ?? []).some(({ host }) => host);
          tell(withTime(happening, world.now));
        }
    }
  } finally {
    await world.close();
  }
}
