/** Step 4: certificates, app, runtime and a Python environment to the hosts, over one connection each. */
import type { WheelFile } from '../flower/wheels.ts';
import type { Member } from '../network/network.ts';
import { type Action, here, type Stage } from '../plan/action.ts';
import { exit, type Failure } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import type { Answers, Evidence, Step } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import type { World } from '../plan/world.ts';
import { authorityOf, markOf, type OtherCas, otherCas } from './another-ca.ts';
import { requireApp } from './app.ts';
import { type AppChanges, appChanges, type Changed } from './app-changes.ts';
import { mustBeReadable, syntaxFaults } from './app-syntax.ts';
import { keyFailures, keyTrouble } from './deploy-keys.ts';
import { uploadActions } from './deploy-upload.ts';
import { environmentActions, environmentFailures, environmentText, wheelhouseOf } from './environment.ts';
import { changedThere, copiedRecord, leftovers, removeActions } from './former.ts';
import { declared } from './inputs.ts';
import { hasChanged } from './launch-actions.ts';
import { mustBeAlone } from './neighbors.ts';
import { modeActions } from './permissions.ts';
import { lookAtAll, type Placed, type Placement, placementOf, requireCertificates, resolvePath } from './placed.ts';
import { type ChangedPolicy, policyChanges } from './policy-changes.ts';
import { chosen, count, factsOf, failuresOf, folderActions, folderFailures, homeTrouble, placesOf } from './shared.ts';
import { placedStanding } from './standings.ts';

type Facts = {
  readonly looks: Looks;
  readonly placement: Placement;
  /** The wheels that are to be installed from, where that was wanted. */
  readonly wheelhouse?: readonly WheelFile[];
  readonly folders?: readonly Failure[];
  readonly keys?: readonly Failure[];
  readonly changes?: AppChanges;
  readonly environments?: readonly Failure[];
  /** Whose certificates are replaced, by host. */
  readonly others?: OtherCas;
  /** What says on the hosts who placed all this. */
  readonly mark?: string;
};

/** The files of this call. */
function wanted(
  { options }: Answers,
  { name }: Member,
  { placement }: Facts,
  host: HostFacts | undefined,
): readonly Placed[] {
  const files = placement.files[name] ?? [];
  if (options.onlyCertificates) return files.filter(({ group }) => group === 'certificates' || group === 'policy');
  // First: what is copied next is ours from then on, also where the copy is cut off.
  return [copiedRecord(files, host), ...files];
}

/** Those of them that are not there, or are not what they must be. A link counts as wrong. */
function outdated(answers: Answers, member: Member, facts: Facts, host: HostFacts | undefined): readonly Placed[] {
  return wanted(answers, member, facts, host).filter((file) => {
    const found = host?.files[resolvePath(file.to, member, host)];
    return found?.kind !== 'file' || found.sha256 !== file.sha256;
  });
}

/** The app files that lie on hosts already and are to be others. */
export function changedApps(answers: Answers, facts: Facts): readonly Changed[] {
  return chosen(answers).map((member) => {
    const host = factsOf(facts.looks, member.name);
    const files = outdated(answers, member, facts, host).flatMap((file) => {
      const path = resolvePath(file.to, member, host);
      return file.group === 'app' && host?.files[path]?.kind === 'file' ? [{ path, file }] : [];
    });
    return { member, files };
  });
}

/** What is to be another one on each host, as lines that are shown with it. */
async function changesOf(answers: Answers, facts: Facts, world: World): Promise<AppChanges> {
  const { server } = answers.network;
  const { register } = placesOf(world.directory, answers.network).ca;
  const [policy, apps] = await Promise.all([
    policyChanges(server, changedPolicy(answers, facts), register, world),
    appChanges(changedApps(answers, facts), world),
  ]);
  return policy.length === 0 ? apps : { ...apps, server: [...policy, ...(apps.server ?? [])] };
}

function changedPolicy(answers: Answers, facts: Facts): readonly ChangedPolicy[] {
  const server = chosen(answers).find(({ role }) => role === 'server');
  const host = server && factsOf(facts.looks, server.name);
  if (!server || !host) return [];
  return outdated(answers, server, facts, host).flatMap((file) => {
    const path = resolvePath(file.to, server, host);
    return file.group === 'policy' && host.files[path]?.kind === 'file' ? [{ path, file }] : [];
  });
}

/** Whose app is to be another one: what lies there already was read when it was copied. */
function newApps(answers: Answers, facts: Facts): readonly Member[] {
  return chosen(answers).filter((member) =>
    outdated(answers, member, facts, factsOf(facts.looks, member.name)).some(({ group }) => group === 'app'),
  );
}

function plan(answers: Answers, facts: Facts): readonly Stage[] {
  const lanes: Record<string, readonly Action[]> = {};
  for (const member of chosen(answers)) {
    const host = factsOf(facts.looks, member.name);
    const files = outdated(answers, member, facts, host);
    const fresh = new Set(files.map((file) => resolvePath(file.to, member, host)));
    const actions = [
      ...folderActions(member, host),
      // What is new has its mode from its first byte; what is right but open to others is closed.
      ...(host ? modeActions(member, facts, host, fresh) : []),
      ...(answers.options.onlyCertificates ? [] : removeActions(member, host)),
      ...uploadActions(member, host, files, {
        diff: facts.changes?.[member.name],
        replaced: facts.others?.[member.name],
        mark: facts.mark,
      }),
      ...environmentActions(answers, member, host, facts.placement, facts.wheelhouse),
    ];
    if (actions.length > 0) lanes[member.name] = actions;
  }
  return Object.keys(lanes).length > 0 ? [{ title: 'Hosts', lanes: { [here]: [], ...lanes } }] : [];
}

/** Whether all is as it must be, and nothing is left that was copied before. */
function filesFound(answers: Answers, member: Member, facts: Facts, host: HostFacts) {
  const wrong = outdated(answers, member, facts, host).map(({ to }) => to);
  if (wrong.length > 0) return { ok: false, detail: `not as copied: ${list(wrong)}` };
  const left = answers.options.onlyCertificates ? [] : leftovers(host);
  if (left.length > 0) return { ok: false, detail: `still there: ${list(left)}` };
  const files = wanted(answers, member, facts, host).filter(({ group }) => group !== 'record');
  return { ok: true, detail: `${count(files.length, 'file')} as they must be` };
}

/** A run that has ended is not gone on with. */
function startedAgain(looks: Looks): string {
  const ended = factsOf(looks, 'server')?.runs.at(-1)?.finished === true;
  return ended
    ? 'fl-wizard launch --new begins the next run with those of now'
    : 'fl-wizard launch starts it again, and the run goes on in its round';
}

async function* verify(answers: Answers, facts: Facts): AsyncGenerator<Evidence> {
  for (const member of chosen(answers)) {
    const host = factsOf(facts.looks, member.name);
    if (!host) continue;
    const about = { host: member.name, kind: 'state' as const, exitCode: exit.remote };
    yield { check: { ...about, name: 'files', ...filesFound(answers, member, facts, host) } };
    if (facts.placement.keys) {
      const trouble = keyTrouble(member, host, facts.placement);
      const detail = trouble ?? `made there, and the one of ${member.name}.crt`;
      const check = { host: member.name, kind: 'state' as const, name: 'private key', ok: !trouble, detail };
      yield { check: trouble ? { ...check, hint: `fl-wizard certs --only ${member.name}` } : check };
    }
    if (!answers.options.onlyCertificates)
      yield {
        check: {
          ...about,
          name: 'Python environment',
          ok: host.environmentReady,
          detail: environmentText(member, host, facts.placement),
        },
      };
    // Certificates are read again by what runs; an app is not.
    if (hasChanged(answers, member, host))
      yield {
        check: {
          ...about,
          name: member.role,
          ok: true,
          detail: 'runs with what it was started with: the app or the settings of before',
          hint: startedAgain(facts.looks),
        },
      };
    const changed = answers.options.onlyCertificates ? [] : changedThere(host);
    if (changed.length > 0)
      yield {
        check: {
          ...about,
          name: 'no longer here',
          ok: true,
          detail: `${list(changed)} in ${host.paths.home}: left alone, since it was changed there after it was copied`,
          hint: 'remove it there, if nobody wants it',
        },
      };
    const extra = strangers(member, host);
    if (extra.length > 0)
      yield {
        check: {
          ...about,
          name: 'nothing else',
          ok: true,
          detail: `${list(extra)} in ${host.paths.certificates} ${extra.length === 1 ? 'is' : 'are'} not ours`,
          hint: 'only ca.crt and the host’s own pair belong there; remove the rest',
        },
      };
  }
}

/** What lies in the certificates' folder beside ca.crt and the host's own pair. */
export function strangers(member: Member, facts: HostFacts): readonly string[] {
  const own = ['ca.crt', `${member.name}.crt`, `${member.name}.key`];
  return (facts.certificateFolder?.names ?? []).filter((name) => !own.includes(name));
}

export const deployStep: Step<Facts> = {
  ...declared('deploy'),
  effect: 'changes',
  stands: (_, { looks }, planned) => placedStanding(looks, planned),
  async observe(answers, world) {
    if (!answers.options.onlyCertificates)
      await requireApp(placesOf(world.directory, answers.network).app, world.directory, world);
    // A dry run of `up` comes here before anything was made.
    if (!world.dryRun) await requireCertificates(answers, world);
    // What lies here is read while the hosts answer.
    const [looks, placement] = await Promise.all([lookAtAll(answers, world), placementOf(answers, world)]);
    mustBeAlone(answers.network, looks);
    const folders = [
      ...folderFailures(answers, looks, 'Copying certificates to'),
      ...(answers.options.onlyCertificates ? [] : folderFailures(answers, looks, 'Copying the app to', homeTrouble)),
    ];
    if (!answers.options.onlyCertificates)
      mustBeReadable(
        answers.network,
        await syntaxFaults(answers.network, newApps(answers, { looks, placement }), looks, world),
      );
    const changes = await changesOf(answers, { looks, placement }, world);
    const wheelhouse = await wheelhouseOf(answers, world);
    const others = await otherCas(answers, looks, authorityOf(placement), world);
    const environments = environmentFailures(answers, looks, placement, wheelhouse);
    // A dry run of `up` comes here before the keys were made.
    const keys = world.dryRun ? [] : keyFailures(answers, looks, placement);
    const found = { looks, placement, folders, changes, keys, environments, others, mark: markOf(world) };
    return { ...found, ...(wheelhouse ? { wheelhouse } : {}) };
  },
  plan,
  verify,
  failures: ({ looks, folders = [], keys = [], environments = [] }) => [
    ...failuresOf(looks),
    ...folders,
    ...keys,
    ...environments,
  ],
};
