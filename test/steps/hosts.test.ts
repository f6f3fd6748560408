import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { members } from '../../source/network/network.ts';
import type { Action, Stage } from '../../source/plan/action.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import type { HostFacts, Looks } from '../../source/plan/host-facts.ts';
import type { Evidence, Step, StepCheck } from '../../source/plan/step.ts';
import { list } from '../../source/plan/words.ts';
import { appChanges } from '../../source/steps/app-changes.ts';
import { changedApps, deployStep, strangers } from '../../source/steps/deploy.ts';
import { copiedRecord } from '../../source/steps/former.ts';
import { steps } from '../../source/steps/index.ts';
import { stepInputs } from '../../source/steps/inputs.ts';
import { launchStep } from '../../source/steps/launch.ts';
import { permissionsStep } from '../../source/steps/permissions.ts';
import { type Placed, type Placement, resolvePath } from '../../source/steps/placed.ts';
import { chosen, chosenClients, count, folderFailures, homeTrouble } from '../../source/steps/shared.ts';
import { answers, fakeWorld, network, trouble } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const names = members(network).map(({ name }) => name);

const kinds = (stages: readonly Stage[]) =>
  stages.map(({ lanes }) =>
    Object.fromEntries(
      Object.entries(lanes)
        .filter(([, actions]) => actions.length > 0)
        .map(([lane, actions]) => [lane, actions.map(({ kind }) => kind)]),
    ),
  );
const actionsOf = (stages: readonly Stage[], lane: string): readonly Action[] =>
  stages.flatMap(({ lanes }) => lanes[lane] ?? []);

/** The actions of a kind, as that kind. */
function of<Kind extends Action['kind']>(stages: readonly Stage[], kind: Kind) {
  const all = stages.flatMap(({ lanes }) => Object.values(lanes).flat());
  return all.filter((each): each is Extract<Action, { kind: Kind }> => each.kind === kind);
}

async function checks<Facts>(step: Step<Facts>, facts: Facts, given = answers): Promise<readonly StepCheck[]> {
  const evidence: Evidence[] = [];
  for await (const each of step.verify(given, facts, fakeWorld(), new AbortController().signal)) evidence.push(each);
  return evidence.flatMap((each) => ('check' in each ? [each.check] : []));
}

const everywhere = (more: Partial<HostFacts> = {}) =>
  Object.fromEntries(names.map((name) => [name, hostFacts(name, more)]));

function placed(to: string, group: Placed['group'], mode = 0o600): Placed {
  return { from: { text: to }, to, mode, group, sha256: sha256(to) };
}
const placement: Placement = {
  requirements: ['flwr==1.41.0', 'numpy'],
  files: Object.fromEntries(
    names.map((name) => [
      name,
      [
        placed('{certificates}/ca.crt', 'certificates', 0o644),
        placed(`{certificates}/${name}.crt`, 'certificates', 0o644),
        placed(`{certificates}/${name}.key`, 'certificates'),
        ...(name === 'server' ? [placed('{home}/policy/allow.json', 'policy')] : []),
        placed('{home}/app/client.py', 'app'),
        placed('{home}/runtime/fl_wizard_runtime/rounds.py', 'runtime'),
      ],
    ]),
  ),
};

/** A host on which everything is as it must be. */
function done(name: string, more: Partial<HostFacts> = {}): HostFacts {
  const facts = hostFacts(name, more);
  const [member] = members(network).filter((each) => each.name === name);
  if (!member) throw new Error(name);
  const copied = placement.files[name] ?? [];
  const files = [copiedRecord(copied, undefined), ...copied].map(
    ({ to, mode, sha256: digest }) =>
      [resolvePath(to, member, facts), { mode, owner: 'ubuntu', kind: 'file', sha256: digest }] as const,
  );
  return {
    ...facts,
    sudo: 'not needed',
    environmentReady: true,
    files: { ...Object.fromEntries(files), ...facts.files },
    certificateFolder: {
      mode: 0o700,
      owner: 'ubuntu',
      kind: 'folder',
      names: ['ca.crt', `${name}.crt`, `${name}.key`],
    },
    ...more,
  };
}
const allDone = (more: Partial<HostFacts> = {}) =>
  found(Object.fromEntries(names.map((name) => [name, done(name, more)])));

/** One host's facts are others. */
const but = (name: string, facts: HostFacts): Looks => ({ ...allDone(), [name]: { facts } });

describe('the steps', () => {
  it('are eight, in the order of the interface, and each is what the help says', () => {
    const ids = ['config', 'preflight', 'certs', 'deploy', 'permissions', 'launch', 'verify', 'monitor'];
    expect(steps.map(({ id }) => id)).toEqual(ids);
    expect(stepInputs.map(({ id }) => id)).toEqual(ids);
    expect(steps.filter(({ effect }) => effect === 'looks').map(({ id }) => id)).toEqual([
      'preflight',
      'verify',
      'monitor',
    ]);
    for (const [at, { summary }] of stepInputs.entries()) expect(summary.startsWith(`${at + 1}: `)).toBe(true);
  });
  it('work on those that were chosen', () => {
    expect(chosen(answers).map(({ name }) => name)).toEqual(['server', 'client1', 'client2']);
    expect(chosen({ ...answers, only: ['client2'] }).map(({ name }) => name)).toEqual(['client2']);
    expect(chosenClients({ ...answers, only: ['server'] })).toEqual([]);
  });
  it('speak plainly', () => {
    expect([list([]), list(['a']), list(['a', 'b']), list(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
    expect([count(1, 'file'), count(2, 'file'), count(2, 'copy', 'copies')]).toEqual(['1 file', '2 files', '2 copies']);
  });
});

describe('deploy', () => {
  it('on an empty world has to do everything, on every host', () => {
    const stages = deployStep.plan(answers, { looks: {}, placement, folders: [] });
    const all = ['make-folder', 'upload', 'make-environment'];
    expect(kinds(stages)).toEqual([{ server: all, client1: all, client2: all }]);
  });

  it('on new hosts makes the folder with sudo, copies files and makes the environment', () => {
    const stages = deployStep.plan(answers, { looks: found(everywhere()), placement, folders: [] });
    expect(of(stages, 'make-folder')[0]).toMatchObject({
      path: '/etc/ssl/fl_network',
      mode: 0o700,
      sudo: true,
      owner: 'ubuntu',
    });
    const [upload] = of(stages, 'upload');
    expect(upload?.files.map(({ to, mode }) => [to, mode])).toEqual([
      ['/home/ubuntu/fl-wizard/xray/runtime/copied.sha256', 0o600],
      ['/etc/ssl/fl_network/ca.crt', 0o644],
      ['/etc/ssl/fl_network/server.crt', 0o644],
      ['/etc/ssl/fl_network/server.key', 0o600],
      ['/home/ubuntu/fl-wizard/xray/policy/allow.json', 0o600],
      ['/home/ubuntu/fl-wizard/xray/app/client.py', 0o600],
      ['/home/ubuntu/fl-wizard/xray/runtime/fl_wizard_runtime/rounds.py', 0o600],
    ]);
    expect(upload?.text).toBe('copy 3 certificate files, 1 policy file, 1 app file and 1 runtime file');
    expect(of(stages, 'make-environment')[0]).toMatchObject({
      link: '/home/ubuntu/fl-wizard/xray/python',
      requirements: placement.requirements,
    });
  });

  it('gives each host its own pair and no other key', () => {
    const stages = deployStep.plan(answers, { looks: found(everywhere()), placement, folders: [] });
    for (const { host, files } of of(stages, 'upload'))
      expect(files.filter(({ to }) => to.endsWith('.key')).map(({ to }) => to)).toEqual([
        `/etc/ssl/fl_network/${host}.key`,
      ]);
  });

  it('on a full one has nothing to do', async () => {
    const facts = { looks: allDone(), placement, folders: [] };
    expect(deployStep.plan(answers, facts)).toEqual([]);
    expect((await checks(deployStep, facts)).every(({ ok }) => ok)).toBe(true);
  });

  it.each([
    ['of another content', { mode: 0o600, owner: 'ubuntu', kind: 'file', sha256: sha256('old') }],
    ['that is a link', { mode: 0o777, owner: 'ubuntu', kind: 'link' }],
    ['that is a folder', { mode: 0o700, owner: 'ubuntu', kind: 'folder' }],
  ] as const)('copies what is %s, and only that', async (_, file) => {
    const path = '/etc/ssl/fl_network/client1.key';
    const client = done('client1');
    const facts = {
      looks: but('client1', { ...client, files: { ...client.files, [path]: file } }),
      placement,
      folders: [],
    };
    const stages = deployStep.plan(answers, facts);
    expect(kinds(stages)).toEqual([{ client1: ['upload'] }]);
    expect(of(stages, 'upload')[0]?.files.map(({ to }) => to)).toEqual([path]);
    expect((await checks(deployStep, facts)).filter(({ ok }) => !ok)).toEqual([
      expect.objectContaining({ host: 'client1', name: 'files', exitCode: exit.remote }),
    ]);
  });

  it('--only-certificates touches neither app nor environment', () => {
    const given = { ...answers, options: { onlyCertificates: true } };
    const stages = deployStep.plan(given, { looks: found(everywhere()), placement, folders: [] });
    expect(of(stages, 'make-environment')).toEqual([]);
    expect(
      of(stages, 'upload')
        .flatMap(({ files }) => files.map(({ to }) => to))
        .join(),
    ).not.toMatch(/app|runtime/);
  });

  it('asks sudo for nothing in the owner’s own folders', () => {
    const looks = found(everywhere({ sudo: 'not needed' }));
    expect(
      of(deployStep.plan(answers, { looks, placement, folders: [] }), 'make-folder').every(({ sudo }) => !sudo),
    ).toBe(true);
  });

  it('warns of strangers among the certificates, and fails by none', async () => {
    const client = done('client1', {
      certificateFolder: { mode: 0o700, owner: 'ubuntu', kind: 'folder', names: ['ca.crt', 'ca.key', 'client1.key'] },
    });
    expect(strangers(network.clients[0] ?? network.server, client)).toEqual(['ca.key']);
    const warnings = (await checks(deployStep, { looks: but('client1', client), placement, folders: [] })).filter(
      ({ hint }) => hint,
    );
    expect(warnings).toEqual([expect.objectContaining({ ok: true, detail: expect.stringContaining('ca.key') })]);
  });

  it('needs the app (2)', async () => {
    const world = fakeWorld([], { read: async () => undefined });
    await expect(deployStep.observe(answers, world)).rejects.toMatchObject({ failure: { exitCode: exit.invalid } });
  });

  it('that would replace another CA’s certificates needs an approval of its own', () => {
    const path = '/etc/ssl/fl_network/ca.crt';
    const client = done('client1');
    const file = { mode: 0o644, owner: 'ubuntu', kind: 'file', sha256: sha256('other') } as const;
    const looks = but('client1', { ...client, files: { ...client.files, [path]: file } });
    expect(of(deployStep.plan(answers, { looks, placement, folders: [] }), 'upload')[0]?.invalidates).toEqual([
      'client1',
    ]);
    expect(
      of(deployStep.plan(answers, { looks: found(everywhere()), placement, folders: [] }), 'upload')[0],
    ).not.toHaveProperty('invalidates');
  });

  it('shows what changes in app files that are there, and asks for no others', async () => {
    const app = resolvePath('{home}/app/client.py', members(network)[1] ?? network.server, hostFacts('client1'));
    const old = done('client1');
    const looks = but('client1', {
      ...old,
      files: { ...old.files, [app]: { mode: 0o600, owner: 'ubuntu', kind: 'file', sha256: sha256('old') } },
    });
    const asked: string[][] = [];
    const world = fakeWorld([], {
      readTexts: async (member, paths) => {
        asked.push([member.name, ...paths]);
        return { [app]: 'old' };
      },
    });
    const files = Object.entries(placement.files).map(([name, own]) => [
      name,
      own.map((file) => (file.group === 'app' ? { ...file, from: { text: 'new' }, sha256: sha256('new') } : file)),
    ]);
    const changed = { ...placement, files: Object.fromEntries(files) };
    // client2 has none of it yet, the server has the new one.
    const facts = { looks: { ...looks, client2: { facts: hostFacts('client2') } }, placement: changed };
    const only = { ...answers, only: ['client1', 'client2'] };
    const changes = await appChanges(changedApps(only, facts), world);
    expect(asked).toEqual([['client1', app]]);
    expect(of(deployStep.plan(only, { ...facts, changes }), 'upload').map(({ host, diff }) => [host, diff])).toEqual([
      ['client1', [' client.py', '-old', '\\ No newline at end of file', '+new', '\\ No newline at end of file']],
      ['client2', undefined],
    ]);
  });

  it('tells which hosts did not answer', () => {
    const looks = { ...allDone(), client2: { failure: trouble(exit.connection, 'client2') } };
    expect(deployStep.failures?.({ looks, placement, folders: [] })).toEqual([trouble(exit.connection, 'client2')]);
  });
});

describe('a home that may not be written to', () => {
  const looks = but('client1', { ...hostFacts('client1'), barred: { path: '/home/ubuntu', readOnly: false } });
  const [failure] = folderFailures(answers, looks, 'Copying the app to', homeTrouble);

  it('is told before anything is copied there', () => {
    expect(failure).toMatchObject({
      exitCode: exit.remote,
      host: 'client1',
      why: 'ubuntu may not write to /home/ubuntu',
    });
    expect(failure?.hint).toContain('remote.home');
  });
});

describe('permissions', () => {
  it('on an empty world sets every mode', () => {
    const stages = permissionsStep.plan(answers, { looks: {}, placement });
    expect(kinds(stages)).toEqual([{ server: ['set-modes'], client1: ['set-modes'], client2: ['set-modes'] }]);
    const [server, client] = of(stages, 'set-modes');
    expect(server?.entries.map(({ mode }) => mode)).toEqual([0o700, 0o644, 0o644, 0o600, 0o600]);
    expect(client?.entries.map(({ path }) => path)).not.toContainEqual(expect.stringContaining('app'));
  });

  it('on a full one has nothing to do', async () => {
    const facts = { looks: allDone(), placement };
    expect(permissionsStep.plan(answers, facts)).toEqual([]);
    expect((await checks(permissionsStep, facts)).map(({ ok }) => ok)).toEqual([true, true, true]);
  });

  const key = '/etc/ssl/fl_network/client1.key';
  const withKey = (file: Partial<HostFacts['files'][string]>) => {
    const client = done('client1');
    const old = client.files[key];
    if (!old) throw new Error('no key');
    return { looks: but('client1', { ...client, files: { ...client.files, [key]: { ...old, ...file } } }), placement };
  };

  it('of what is there already, but open to others, are deploy’s concern as well', () => {
    const planned = of(deployStep.plan(answers, withKey({ mode: 0o755 })), 'set-modes');
    expect(planned.map(({ host, text }) => [host, text])).toEqual([['client1', `set ${key} from 0755 to 0600`]]);
    // What is copied anew has its mode from its first byte.
    expect(of(deployStep.plan(answers, withKey({ mode: 0o755, sha256: '00' })), 'set-modes')).toEqual([]);
  });

  it('says of a folder that is a link that it is one, and not what is behind it', async () => {
    const client = done('client1');
    const certificateFolder = { mode: 0o777, owner: 'ubuntu', kind: 'link' as const, names: [] };
    const files = Object.fromEntries(Object.entries(client.files).filter(([path]) => !path.startsWith('/etc/ssl')));
    const looks = but('client1', { ...client, certificateFolder, files });
    expect((await checks(permissionsStep, { looks, placement })).filter(({ ok }) => !ok)).toMatchObject([
      {
        detail: '/etc/ssl/fl_network is a link',
        hint: expect.stringMatching(/^on client1: remove \/etc\/ssl\/fl_network/),
      },
    ]);
  });

  it('puts right what is open, and nothing else', async () => {
    const facts = withKey({ mode: 0o644 });
    const stages = permissionsStep.plan(answers, facts);
    expect(of(stages, 'set-modes')).toEqual([
      expect.objectContaining({
        host: 'client1',
        entries: [{ path: key, mode: 0o600 }],
        text: `set ${key} from 0644 to 0600`,
      }),
    ]);
    expect((await checks(permissionsStep, facts)).find(({ ok }) => !ok)?.detail).toBe(
      `${key} has 0644 instead of 0600`,
    );
  });

  it('closes the home, whose files it leaves alone, and says how to take back what somebody else has', async () => {
    const client = done('client1');
    const { home } = client.paths;
    const open = { mode: 0o755, owner: 'ubuntu', kind: 'folder' as const };
    const facts = {
      looks: but('client1', { ...client, files: { ...client.files, [home]: open } }),
      placement,
    };
    expect(of(permissionsStep.plan(answers, facts), 'set-modes')).toEqual([
      expect.objectContaining({ entries: [{ path: home, mode: 0o700 }], text: `set ${home} from 0755 to 0700` }),
    ]);
    const taken = (await checks(permissionsStep, withKey({ owner: 'root' }))).find(({ ok }) => !ok);
    expect(taken?.hint).toBe(`on client1: sudo chown ubuntu ${key}; then fl-wizard permissions`);
  });

  it('plans nothing at what is not there, a link, or somebody else’s: the others are closed all the same', () => {
    const client = done('client1');
    const certificate = '/etc/ssl/fl_network/client1.crt';
    const loose = { ...client.files[key], mode: 0o755 } as HostFacts['files'][string];
    const all: Record<string, HostFacts['files'][string]> = { ...client.files, [key]: loose };
    const { [certificate]: _, ...files } = all;
    const planned = (more: typeof all, user = 'ubuntu') =>
      of(
        permissionsStep.plan(answers, {
          looks: but('client1', { ...client, user, files: { ...files, ...more } }),
          placement,
        }),
        'set-modes',
      ).flatMap(({ entries }) => entries.map(({ path }) => path));
    const ca = '/etc/ssl/fl_network/ca.crt';
    expect(planned({ [ca]: { ...loose, owner: 'root' } })).toEqual([key]);
    expect(planned({ [ca]: { ...loose, kind: 'link' } })).toEqual([key]);
    expect(planned({ [ca]: { ...loose, owner: 'ubuntu' } }, 'root')).toEqual([ca, key]);
  });

  it('says of a folder that is somebody else’s just that, since nobody else may look into it', async () => {
    const client = done('client1');
    const certificateFolder = { mode: 0o700, owner: 'root', kind: 'folder' as const, names: [] };
    const files = Object.fromEntries(Object.entries(client.files).filter(([path]) => !path.startsWith('/etc/ssl')));
    const facts = { looks: but('client1', { ...client, certificateFolder, files }), placement };
    expect(of(permissionsStep.plan(answers, facts), 'set-modes')).toEqual([]);
    expect((await checks(permissionsStep, facts)).filter(({ ok }) => !ok)).toMatchObject([
      {
        host: 'client1',
        detail: '/etc/ssl/fl_network belongs to root instead of ubuntu',
        hint: 'on client1: sudo chown -R ubuntu /etc/ssl/fl_network; then fl-wizard permissions',
      },
    ]);
  });

  it.each([
    ['another owner', { owner: 'mallory' }, 'belongs to mallory instead of ubuntu'],
    ['a link', { kind: 'link' }, 'is a link'],
  ] as const)('fails (6) by %s, which it can’t put right', async (_, file, why) => {
    const bad = (await checks(permissionsStep, withKey(file))).filter(({ ok }) => !ok);
    expect(bad).toEqual([expect.objectContaining({ host: 'client1', detail: `${key} ${why}` })]);
    expect(bad[0]?.exitCode ?? exit.proof).toBe(exit.proof);
  });

  it('fails by what is not there', async () => {
    const bad = await checks(permissionsStep, { looks: found(everywhere()), placement });
    expect(bad.map(({ ok }) => ok)).toEqual([false, false, false]);
  });
});

describe('deploy beside what runs', () => {
  it.each([
    [false, 'fl-wizard launch starts it again, and the run goes on in its round'],
    [true, 'fl-wizard launch --new begins the next run with those of now'],
  ])('says that it goes on with what was before, and which command ends that: ended %j', async (finished, hint) => {
    const running = { process: { state: 'running' as const } };
    const looks = {
      ...everywhere(),
      server: {
        facts: done('server', {
          ...running,
          server: { host: '', phase: 'fit', port: 9092, monitorPort: 1, run: '1', settings: 'another' },
          runs: [{ run: '1', rounds: 3, done: finished ? 3 : 1, finished, last: 1 }],
        }),
      },
      client1: { facts: done('client1', running) },
    };
    const told = (await checks(deployStep, { looks, placement, folders: [] })).filter(({ name }) => name === 'server');
    expect(told).toEqual([expect.objectContaining({ ok: true, hint })]);
  });
});

describe('launch', () => {
  it('on an empty world starts the server, proves, and only then starts the clients', () => {
    const stages = launchStep.plan(answers, { services: {}, looks: {} });
    expect(stages.map(({ title }) => title)).toEqual(['Server', 'Proof', 'Clients', 'Joined']);
    expect(kinds(stages)).toEqual([
      { server: ['upload', 'start', 'await-server'] },
      { here: ['prove-refusals'] },
      { client1: ['upload', 'start'], client2: ['upload', 'start'] },
      { here: ['await-clients'] },
    ]);
    const [proof] = of(stages, 'prove-refusals');
    expect(proof?.cases).toHaveLength(9);
    expect(of(stages, 'await-clients')[0]?.clients).toEqual(['client1', 'client2']);
  });

  it('writes no configuration that is there already', () => {
    const first = launchStep.plan(answers, { services: {}, looks: found(everywhere({ environmentReady: true })) });
    const files = Object.fromEntries(
      of(first, 'upload').map(({ host, files: uploads }) => [
        host,
        Object.fromEntries(
          uploads.map(({ to, from }) => [
            to,
            { mode: 0o600, owner: 'ubuntu', kind: 'file' as const, sha256: sha256('text' in from ? from.text : '') },
          ]),
        ),
      ]),
    );
    const again = found(Object.fromEntries(names.map((name) => [name, done(name, { files: files[name] ?? {} })])));
    expect(kinds(launchStep.plan(answers, { services: {}, looks: again }))).toEqual([
      { server: ['start', 'await-server'] },
      { here: ['prove-refusals'] },
      { client1: ['start'], client2: ['start'] },
      { here: ['await-clients'] },
    ]);
    // Other rounds are another configuration, of the server only.
    const more = launchStep.plan({ ...answers, options: { rounds: 9 } }, { services: {}, looks: again });
    expect(of(more, 'upload').map(({ host }) => host)).toEqual(['server']);
  });

  const running = (done_ = 1, finished = false) => ({
    process: { state: 'running' as const },
    runs: [{ run: '1', rounds: 3, done: done_, finished, last: 1 }],
  });

  const serving = (phase: string) => ({ server: { host: '', phase, port: 9092, monitorPort: 40_000, run: '1' } });

  it('leaves what runs alone', () => {
    expect(launchStep.plan(answers, { services: {}, looks: allDone(running()) })).toEqual([]);
  });

  it.each([
    ['fit', ['client2']],
    ['waiting', ['server', 'here', 'client2']],
  ])('starts a client that does not run; before the first round (phase %s) it proves again', (phase, lanes) => {
    const looks = {
      ...allDone(running()),
      server: { facts: done('server', { ...running(), ...serving(phase) }) },
      client2: { facts: done('client2', { process: { state: 'failed' } }) },
    };
    const stages = kinds(launchStep.plan(answers, { services: {}, looks }));
    expect(stages.slice(0, -1).flatMap((stage) => Object.keys(stage))).toEqual(lanes);
    expect(stages.slice(-2)).toEqual([{ client2: ['upload', 'start'] }, { here: ['await-clients'] }]);
    expect(JSON.stringify(stages)).not.toContain('"server":["start"');
  });

  it('has nothing to do after the end, and says how it ended', async () => {
    const looks = allDone({
      process: { state: 'finished' },
      runs: [{ run: '1', rounds: 3, done: 3, finished: true, last: 1 }],
    });
    expect(launchStep.plan(answers, { services: {}, looks })).toEqual([]);
    expect(await checks(launchStep, { services: {}, looks })).toEqual([
      expect.objectContaining({ ok: true, name: 'run 1' }),
    ]);
  });

  it('says of a run that failed why, where in the code of whom, and how to go on', async () => {
    const detail = 'none of its 3 rounds brought new weights: client2: raised ValueError: no data';
    const over = { run: '1', rounds: 3, done: 3, finished: true, last: 1, outcome: 'failed', detail };
    const looks = {
      ...allDone({ process: { state: 'running' }, runs: [over] }),
      client2: { facts: done('client2', { process: { state: 'finished' }, trace: ['ValueError: no data'] }) },
    };
    expect(await checks(launchStep, { services: {}, looks })).toEqual([
      expect.objectContaining({
        ok: false,
        detail: `ended without success: ${detail}`,
        said: ['ValueError: no data'],
        hint: expect.stringContaining(
          'launch --new starts another run, launch --resume 1 --rounds N goes on with it (N above 3)',
        ),
      }),
    ]);
  });

  it('says of a run that is over that the app has changed since, and shows no line of the old one', async () => {
    const over = { run: '1', rounds: 3, done: 3, finished: true, last: 1, outcome: 'failed', detail: 'no data' };
    const looks = allDone({ process: { state: 'failed' }, runs: [over], before: 'another', trace: ['line 3'] });
    const [check] = await checks(launchStep, { services: {}, looks });
    expect(check).toMatchObject({
      ok: false,
      detail: 'ended without success, with the app or the settings of before: no data',
      hint: 'fl-wizard launch --new starts the next with those of now',
    });
    expect(check).not.toHaveProperty('said');
    const well = { ...over, outcome: 'changed', detail: undefined };
    const fine = allDone({ process: { state: 'finished' }, runs: [well as never], before: 'another' });
    expect((await checks(launchStep, { services: {}, looks: fine }))[0]).toMatchObject({
      ok: true,
      detail: 'finished after 3 rounds, with the app or the settings of before',
    });
  });

  it('--new stops what lingers before it starts the next', () => {
    const stages = launchStep.plan(
      { ...answers, options: { new: true } },
      { services: {}, looks: allDone(running(3, true)) },
    );
    expect(actionsOf(stages, 'server').map(({ kind }) => kind)).toEqual(['stop', 'upload', 'start', 'await-server']);
    expect(actionsOf(stages, 'client1').map(({ kind }) => kind)).toEqual(['stop', 'upload', 'start']);
    expect(of(stages, 'stop').map(({ text }) => text)).toEqual([
      'stop the client: it joins again once the server is proved',
      'stop the client: it joins again once the server is proved',
      'stop the server, which lingers after run 1',
    ]);
    expect(of(stages, 'start').every(({ text }) => text.endsWith('for run 2'))).toBe(true);
  });

  it('--initial-weights are copied to the server for this run, and named in its configuration', () => {
    const given = { ...answers, options: { initialWeights: '/w/old.npz' } };
    const [upload] = of(launchStep.plan(given, { services: {}, looks: allDone() }), 'upload');
    const to = '/home/ubuntu/fl-wizard/xray/initial-weights-1.npz';
    expect(upload?.files[1]).toEqual({ from: { file: '/w/old.npz' }, to, mode: 0o600 });
    const from = upload?.files[0]?.from;
    expect(from && 'text' in from ? JSON.parse(from.text) : {}).toMatchObject({ initialWeights: to });
  });

  it('waits for no client whose host did not answer', () => {
    const looks = { ...allDone(), client2: { failure: trouble(exit.connection, 'client2') } };
    expect(of(launchStep.plan(answers, { services: {}, looks }), 'await-clients')[0]?.clients).toEqual(['client1']);
  });

  it('refuses what can’t be done (2)', () => {
    const given = { ...answers, options: { resume: '7' } };
    expect(() => launchStep.plan(given, { services: {}, looks: allDone() })).toThrow(UserError);
  });

  it('fails (5) by a server or a client that does not run', async () => {
    const looks = { ...allDone(running()), client1: { facts: done('client1', { process: { state: 'refused' } }) } };
    const bad = (await checks(launchStep, { services: {}, looks })).filter(({ ok }) => !ok);
    expect(bad).toEqual([expect.objectContaining({ host: 'client1', exitCode: exit.remote, detail: 'refused' })]);
    const down = (await checks(launchStep, { services: {}, looks: allDone() })).filter(({ ok }) => !ok);
    expect(down[0]).toMatchObject({ host: 'server', exitCode: exit.remote, detail: 'is none' });
  });

  it('needs the Python environment, but not in a dry run', async () => {
    const world = (dryRun: boolean) =>
      fakeWorld([], {
        dryRun,
        list: async () => [],
        read: async () => undefined,
        look: async () => found(everywhere()),
      });
    await expect(launchStep.observe(answers, world(false))).rejects.toMatchObject({
      failure: { exitCode: exit.remote, hint: 'fl-wizard deploy' },
    });
    expect(launchStep.plan(answers, await launchStep.observe(answers, world(true)))).toHaveLength(4);
  });
});

describe('no plan', () => {
  it('holds a key or a secret', () => {
    const stages = [
      ...deployStep.plan(answers, { looks: {}, placement, folders: [] }),
      ...permissionsStep.plan(answers, { looks: {}, placement }),
      ...launchStep.plan(answers, { services: {}, looks: {} }),
    ];
    expect(JSON.stringify(stages)).not.toMatch(/PRIVATE KEY/);
  });
});
