/** What commands share that look at hosts and tell what they find. */
import { headlessOperator } from '../headless/operator.ts';
import { failuresLines } from '../headless/plain.ts';
import type { Network } from '../network/network.ts';
import { type ExitCode, type Failure, worst } from '../plan/failure.ts';
import type { Answers } from '../plan/step.ts';
import type { World } from '../plan/world.ts';
import type { Call } from './context.ts';
import { askingOperator } from './plain-stage.ts';
import { readProject } from './project.ts';
import { hostsMustDiffer, worldOf } from './session.ts';

export type Opened = {
  readonly network: Network;
  readonly directory: string;
  readonly answers: Answers;
  readonly world: World;
};

/** Works with a project and its hosts, and closes their connections. */
export async function opened<T>(call: Call, work: (opened: Opened) => Promise<T>): Promise<T> {
  const { network, directory } = await readProject(call);
  await hostsMustDiffer(call, network);
  const answers: Answers = { network, options: call.options, only: call.common.only ?? [] };
  const operator = (await askingOperator(call, answers)) ?? headlessOperator({ answers, yes: false });
  const world = worldOf(call, { directory, network }, operator.ask);
  try {
    return await work({ network, directory, answers, world });
  } finally {
    await world.close();
  }
}

/** Words of trouble go to stderr; the exit code stands for all of it. */
export function complain(call: Call, failures: readonly Failure[]): ExitCode {
  for (const line of failuresLines(failures)) call.io.stderr.write(`${line}\n`);
  return worst(failures.map((failure) => failure.exitCode));
}
