/** `up`, and each step alone: lists of steps for the same engine. */
import { resolve } from 'node:path';
import { type ExitCode, exit } from '../plan/failure.ts';
import type { View } from '../plan/reduce.ts';
import type { Step } from '../plan/step.ts';
import { steps } from '../steps/index.ts';
import { inert } from '../ui/inert.ts';
import { hasRun } from '../ui/run-facts.ts';
import { untilLeft } from './again.ts';
import { type Call, type Command, colors, hasScreen, interactive, unicode } from './context.ts';
import { readProject } from './project.ts';
import { checkOutput, writeProof } from './proof-output.ts';
import { session } from './session.ts';

/** Files that were named on the command line are below the folder where it was typed. */
function withPaths(call: Call): Call {
  const { wheelhouse, initialWeights, caPassphraseFile, importCa, output } = call.options;
  const at = (path: string) => resolve(call.io.cwd, path);
  return {
    ...call,
    options: {
      ...call.options,
      ...(wheelhouse === undefined ? {} : { wheelhouse: at(wheelhouse) }),
      ...(initialWeights === undefined ? {} : { initialWeights: at(initialWeights) }),
      ...(caPassphraseFile === undefined ? {} : { caPassphraseFile: at(caPassphraseFile) }),
      ...(output === undefined ? {} : { output: at(output) }),
      ...(importCa === undefined ? {} : { importCa: importCa.map(at) }),
    },
  };
}

/** Steps 1 to 8. In a terminal it ends in the monitor, and stays there until the user leaves. */
export const up: Command = async (given) => {
  const call = withPaths(given);
  const wanted = call.options.detach || call.common.dryRun ? steps.filter(({ id }) => id !== 'monitor') : steps;
  const { exitCode } = await untilLeft(call, wanted, (limited, { directory, network }, listed, known) =>
    session(limited, {
      title: `up: ${network.name}`,
      directory,
      network,
      steps: listed,
      autopilot: false,
      stay: interactive(call),
      choices: interactive(call),
      known,
    }),
  );
  return exitCode;
};

export const step: Command<[string]> = async (given, id) => {
  const call = withPaths(given);
  const { output } = call.options;
  if (output !== undefined) await checkOutput(output);
  const project = await readProject(call);
  const found = steps.find((each) => each.id === id);
  if (!found) throw new Error(`no step ${id}`);
  if (id === 'monitor' && call.options.once && !call.common.json) return once(call, found, project);
  const { exitCode, view } = await session(call, {
    // Whoever watches two networks has to know which is which.
    title: id === 'monitor' ? project.network.name : found.title,
    directory: project.directory,
    network: project.network,
    steps: [found],
    autopilot: false,
    found: found.effect === 'looks',
    stay: id === 'monitor' && !call.options.wait && interactive(call),
  });
  if (output !== undefined) await written(call, output, exitCode, view);
  return exitCode;
};

/** What was left before its end has no proof to write; what failed has its own trouble to tell. */
async function written(call: Call, output: string, exitCode: ExitCode, view: View): Promise<void> {
  const { common, io } = call;
  const ended = !common.dryRun && !common.showCommands && !io.signal.aborted;
  if (!ended || (!view.proved && exitCode !== exit.done)) return;
  await writeProof(output, view, new Date());
  if (!common.json) io.stderr.write(`The proof is in ${inert(output)}.\n`);
}

/** One frame of the monitor on stdout, and nothing else there. */
async function once(call: Call, monitor: Step, project: Awaited<ReturnType<typeof readProject>>): Promise<ExitCode> {
  const { network, directory } = project;
  const quiet: Call = { ...call, common: { ...call.common, plain: true } };
  const { exitCode, view } = await session(quiet, {
    title: monitor.title,
    directory,
    network,
    steps: [monitor],
    autopilot: true,
    stay: false,
    silent: true,
  });
  const { renderFrame } = await import('../ui/once.ts');
  // Where there is something, it is shown beside what is wrong with it.
  if (exitCode !== exit.done && !hasRun(view)) return exitCode;
  const { stdout } = call.io;
  const frame = renderFrame(view, {
    // Where there is no terminal, the width that every reader has.
    columns: hasScreen(call) ? stdout.columns : 80,
    now: new Date(),
    hosts: Object.fromEntries(network.clients.map(({ name, ssh }) => [name, ssh.host])),
    network: network.name,
    colors: colors(call),
    unicode: unicode(call),
  });
  stdout.write(frame);
  return exitCode;
}
