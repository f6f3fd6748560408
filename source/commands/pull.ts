/** `pull`: what a run has left on the server's host, brought here: weights, metrics, configuration. */
import { join, relative, resolve } from 'node:path';
import {
  type ChosenRound,
  chooseRound,
  type RunFolder,
  roundWish,
  smallFiles,
  weightsName,
} from '../flower/run-folder.ts';
import { ssh } from '../flower/shell.ts';
import { comment } from '../flower/shell-text.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { RunsFound } from '../plan/host-facts.ts';
import { bytes } from '../plan/size.ts';
import { list } from '../plan/words.ts';
import type { Brought } from '../plan/world.ts';
import { quote } from '../ssh/commands.ts';

import { number } from '../ui/format.ts';
import { inert } from '../ui/inert.ts';
import { takeLock } from '../world/lock.ts';
import type { Call, Command } from './context.ts';
import { type Opened, opened } from './looking.ts';
import { StatusLine } from './status-line.ts';
import { tableLines } from './table.ts';

export const pull: Command<[readonly string[], Readonly<Record<string, unknown>>]> = (call, [word], rest) =>
  opened(call, async (project) => {
    const wish = roundWish(typeof rest.round === 'string' ? rest.round : 'last');
    const { network, directory, world } = project;
    const found = theOne(await world.findRun(network, word, call.io.signal), word);
    const chosen = chooseRound(found, wish);
    const folder =
      typeof rest.output === 'string' ? resolve(call.io.cwd, rest.output) : join(directory, 'runs', found.run);
    if (call.common.showCommands) {
      call.io.stdout.write(await commandLines(project, found, chosen, folder));
      return exit.done;
    }
    if (!call.common.json) for (const line of words(found, chosen)) call.io.stderr.write(`${inert(line)}\n`);
    const files = await bring(call, project, found, chosen, folder);
    if (call.common.json) call.io.stdout.write(`${documentOf(found, chosen, folder, files)}\n`);
    else for (const line of tableOf(call, files)) call.io.stdout.write(`${line}\n`);
    return exit.done;
  });

/** @throws UserError: 2 there is no such run, 5 there is none at all */
export function theOne({ runs, found }: RunsFound, word: string | undefined): RunFolder {
  if (found) return found;
  const doing = 'Looking for the run';
  if (word === undefined)
    throw new UserError({
      exitCode: exit.remote,
      host: 'server',
      doing,
      why: 'no run was launched yet',
      hint: 'fl-wizard launch',
    });
  if (word === 'best' || word === 'last')
    throw new UserError({
      exitCode: exit.invalid,
      doing,
      why: `a run is named by its number, and ${word} is a round of it`,
      hint: `fl-wizard pull --round ${word} fetches that round of the newest run`,
    });
  const [first, last] = [runs[0], runs.at(-1)];
  // A network may have had hundreds.
  const all =
    runs.length > 10 ? `${runs.length} runs, ${first} to ${last}` : `run${runs.length === 1 ? '' : 's'} ${list(runs)}`;
  throw new UserError({
    exitCode: exit.invalid,
    doing,
    why: `there is no run ${JSON.stringify(word)} on the server's host`,
    hint: runs.length === 0 ? 'none was launched yet: fl-wizard launch' : `it has ${all}; fl-wizard runs tells of each`,
  });
}

function words(found: RunFolder, chosen: ChosenRound | undefined): readonly string[] {
  const { run, finished, outcome, ended, rounds } = found;
  const done = `${ended.length} of ${rounds} rounds`;
  const loss = chosen?.loss === undefined ? '' : `, loss ${number(chosen.loss)}`;
  return [
    finished
      ? `Run ${run} ${outcome === 'failed' ? 'failed' : 'is finished'}: ${done}.`
      : `Run ${run} has not ended: ${done} so far, and what is complete is fetched.`,
    chosen
      ? `Weights of round ${chosen.round}${loss}: ${chosen.why}.`
      : `No round has ended with weights${finished ? '' : ' yet'}: only journal, configuration and metrics are fetched.`,
  ];
}

async function bring(
  call: Call,
  { network, directory, world }: Opened,
  found: RunFolder,
  chosen: ChosenRound | undefined,
  folder: string,
): Promise<readonly Brought[]> {
  const { io, common } = call;
  const dryRun = common.dryRun === true;
  const weights = chosen && found.files.find(({ name }) => name === weightsName(chosen.round));
  // Two that write the same file would spoil it for each other.
  const release = dryRun ? undefined : await takeLock(directory, 'pull', world.now(), io.processes, 'pull.lock');
  const changes = io.stderr.isTTY === true && !common.plain && io.env.TERM !== 'dumb';
  const status = new StatusLine(io.stderr, { changes, silent: common.json === true });
  try {
    return await world.bringRun(network, found, weights, {
      folder,
      dryRun,
      metrics: true,
      line: (text) => status.tell(text),
      often: status.changes,
      signal: io.signal,
    });
  } finally {
    status.end();
    await release?.();
  }
}

/** The lines that fetch the same; nothing is compared by them, and nothing is gone on with. */
async function commandLines(
  { network, world }: Opened,
  found: RunFolder,
  chosen: ChosenRound | undefined,
  folder: string,
): Promise<string> {
  const reach = await world.reach(network.server);
  const names = [...smallFiles(found).map(({ name }) => name), ...(chosen ? [weightsName(chosen.round)] : [])];
  const lines = names.map(
    (name) => `${ssh(reach, ['cat', `${found.folder}/${name}`])} > ${quote([join(folder, name)])}`,
  );
  return `${[comment(`run ${found.run}`), 'umask 077', quote(['mkdir', '-p', folder]), ...lines].join('\n')}\n`;
}

function documentOf(
  found: RunFolder,
  chosen: ChosenRound | undefined,
  folder: string,
  files: readonly Brought[],
): string {
  const { run, finished, outcome, rounds, ended } = found;
  const document = {
    run,
    finished,
    ...(outcome === undefined ? {} : { outcome }),
    rounds,
    done: ended.length,
    ...(chosen ? { round: chosen } : {}),
    folder,
    files: files.map(({ name, size, sha256, outcome: became, resumedAt }) => ({
      ...{ name, bytes: size, sha256, outcome: became },
      ...(resumedAt === undefined ? {} : { resumedAt }),
    })),
  };
  return JSON.stringify(document, null, 2);
}

type PullCall = { readonly io: Pick<Call['io'], 'cwd'>; readonly common: Pick<Call['common'], 'dryRun'> };

/** What came of each file, in a table. */
export function tableOf({ io, common }: PullCall, files: readonly Brought[]): readonly string[] {
  const rows = files.map(({ path, size, outcome, isNew, resumedAt }) => {
    const near = relative(io.cwd, path);
    const shown = near.startsWith('..') ? path : near;
    const from = resumedAt === undefined ? '' : `, from ${bytes(resumedAt)} on`;
    const changed = common.dryRun ? 'to be fetched' : isNew ? 'new' : 'changed';
    return [shown, bytes(size), outcome === 'unchanged' ? 'unchanged' : `${changed}${from}`];
  });
  return tableLines([{ title: 'FILE' }, { title: 'SIZE' }, { title: 'OUTCOME' }], rows);
}
