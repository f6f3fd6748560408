/** What starts, stops and installs a process, as actions. */
import { lives } from '../flower/decide.ts';
import { type Keeper, keeperOf } from '../flower/keeper.ts';
import { configPath, processConfig } from '../flower/layout.ts';
import { bareUnit } from '../flower/unit.ts';
import type { Member } from '../network/network.ts';
import type { Action } from '../plan/action.ts';
import { sha256 } from '../plan/digest.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import type { Answers } from '../plan/step.ts';
import type { Services } from '../plan/world.ts';
import { diffOf } from './diff.ts';
import { withSudo } from './shared.ts';
import { digestOfFiles } from './verify-record.ts';

/** Weights that the user starts from are copied to the server's host for this run. */
function initialWeights(answers: Answers, home: string, run: string): { file: string; to: string } | undefined {
  const file = answers.options.initialWeights;
  return file === undefined ? undefined : { file, to: `${home}/initial-weights-${run}.npz` };
}

function pathsOf(member: Member, facts: HostFacts | undefined): { home: string; certificates: string } {
  return facts?.paths ?? { home: member.remote.home, certificates: member.remote.certificates };
}

/** The files of the app that lie there, by their names below its folder. */
function appFiles(folder: string, facts: HostFacts | undefined): readonly (readonly [string, string | undefined])[] {
  const all = Object.entries(facts?.files ?? {}).filter(([path]) => path.startsWith(folder));
  return all.map(([path, { sha256: digest }]) => [path.slice(folder.length), digest] as const).sort();
}

/**
 * What a process is started with, but for the run: its app as it lies there, its environment, and all that fl-network.yaml
 * says. A process that was started with another one has to be started again.
 */
function settingsOf(answers: Answers, member: Member, facts: HostFacts | undefined): string {
  const paths = pathsOf(member, facts);
  const files = appFiles(`${paths.home}/app/`, facts);
  const config = processConfig(answers.network, member, paths, { id: '0' });
  return sha256(JSON.stringify([config, files, facts?.paths.environment]));
}

/** Whether a living process was started with another app or other settings than those of now. */
export function hasChanged(answers: Answers, member: Member, facts: HostFacts | undefined): boolean {
  const started = (member.role === 'server' ? facts?.server : facts?.client)?.settings;
  return lives(facts) && started !== undefined && started !== settingsOf(answers, member, facts);
}

/** Whether the last run's server was started with another app or other settings than those of now. */
export function ranBefore(answers: Answers, facts: HostFacts | undefined): boolean {
  const started = facts?.before ?? facts?.server?.settings;
  return started !== undefined && started !== settingsOf(answers, answers.network.server, facts);
}

function configOf(answers: Answers, member: Member, facts: HostFacts | undefined, run: string): string {
  const paths = pathsOf(member, facts);
  const settings = settingsOf(answers, member, facts);
  if (member.role === 'client') return processConfig(answers.network, member, paths, { id: run, settings });
  const weights = initialWeights(answers, paths.home, run);
  // A run that goes on keeps the rounds that it was launched with, unless others are asked for.
  const rounds = answers.options.rounds ?? facts?.runs.find((each) => each.run === run)?.rounds;
  return processConfig(answers.network, member, paths, {
    id: run,
    settings,
    appDigest: digestOfFiles(appFiles(`${paths.home}/app/`, facts)),
    ...(rounds ? { rounds } : {}),
    ...(answers.options.resume === run ? { resume: true } : {}),
    ...(weights === undefined ? {} : { initialWeights: weights.to }),
  });
}

/** Ends what keeps a process. */
export function stopAction(member: Member, { paths, process }: HostFacts, text: string): Action {
  const config = configPath(paths.home, member.name);
  const { unit } = process;
  return { kind: 'stop', host: member.name, config, ...(unit ? { unit: bareUnit(unit) } : {}), text };
}

/** What a start has to know. */
export type Start = {
  readonly member: Member;
  readonly facts: HostFacts | undefined;
  /** Unknown where the host did not answer. */
  readonly services: Services | undefined;
  readonly run: string;
  /** Why what runs has to be stopped first. */
  readonly stopFirst?: string;
};

/** Writes a process's configuration and its unit where they differ, and starts it. */
export function startActions(answers: Answers, { member, facts, services, run, stopFirst }: Start): readonly Action[] {
  const content = configOf(answers, member, facts, run);
  const { home } = pathsOf(member, facts);
  const config = configPath(home, member.name);
  const same = facts?.files[config]?.sha256 === sha256(content);
  const host = member.name;
  const weights = member.role === 'server' ? initialWeights(answers, home, run) : undefined;
  const upload: Action = {
    kind: 'upload',
    host,
    files: [
      { from: { text: content }, to: config, mode: 0o600 },
      ...(weights ? [{ from: { file: weights.file }, to: weights.to, mode: 0o600 }] : []),
    ],
    text: `write ${config}${weights ? ` and copy ${weights.file}` : ''}`,
  };
  const keeper = services ? keeperOf(answers.network, member, services, home) : undefined;
  const unit = keeper && 'unit' in keeper ? { unit: keeper.unit } : {};
  const what = member.role === 'server' ? `the Flower server${atPort(answers)}` : 'the Flower client';
  const start: Action = {
    kind: 'start',
    host,
    config,
    ...unit,
    text: `start ${what}, supervised, Flower’s telemetry off, for run ${run}`,
  };
  return [
    ...(stopFirst !== undefined && facts ? [stopAction(member, facts, stopFirst)] : []),
    ...(same ? [] : [upload]),
    ...(keeper ? unitActions(host, keeper) : []),
    start,
  ];
}

/** Where fl-network.yaml doesn't say it, who approves is told. */
function atPort({ network: { flower } }: Answers): string {
  return flower.portFrom === undefined ? '' : ` (port ${flower.port}, from ${flower.portFrom})`;
}

/** Writes the unit where it differs, and switches lingering on where it has to be, also where it was before. */
export function unitActions(host: string, keeper: Keeper): readonly Action[] {
  if (!('unit' in keeper)) return [];
  const { unit, owner, installed, linger } = keeper;
  const { content } = unit;
  const same = installed === content;
  if (same && !linger) return [];
  const whose =
    unit.kind === 'system'
      ? `it runs as ${owner}; ${withSudo(unit.asks === true)}`
      : `a user’s unit of ${owner}${linger ? ', and lingering switched on' : ''}`;
  const what =
    installed === undefined
      ? `have systemd keep it running, also after a reboot: ${unit.name}`
      : `write ${unit.name} anew`;
  return [
    {
      kind: 'install-unit',
      host,
      unit: bareUnit(unit),
      content,
      linger,
      text: same ? `switch lingering on again: ${unit.name} lives by it` : `${what} (${whose})`,
      ...(installed === undefined || same ? {} : { diff: diffOf(installed, content) }),
    },
  ];
}
