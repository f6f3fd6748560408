/** Launch where systemd keeps the processes, and what is done about an app that has changed. */
import { describe, expect, it } from 'vitest';
import { unitName, unitText, without } from '../../source/flower/unit.ts';
import { type Member, members } from '../../source/network/network.ts';
import type { Action } from '../../source/plan/action.ts';
import { exit } from '../../source/plan/failure.ts';
import type { HostFacts, Looks } from '../../source/plan/host-facts.ts';
import type { Answers, StepCheck } from '../../source/plan/step.ts';
import type { Services } from '../../source/plan/world.ts';
import { launchStep } from '../../source/steps/launch.ts';
import { stopStep } from '../../source/steps/stop.ts';
import { unitsStep } from '../../source/steps/units.ts';
import { answers, fakeWorld, network, trouble } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const names = members(network).map(({ name }) => name);
const memberOf = (name: string) => members(network).find((each) => each.name === name) as Member;
const home = '/home/ubuntu/fl-wizard/xray';

const services: Services = {
  systemd: '252.39',
  root: 'sudo',
  owner: 'ubuntu',
  ownerHome: '/home/ubuntu',
  user: false,
  linger: 'no',
};
const everywhere = (given: Services) => Object.fromEntries(names.map((name) => [name, given]));
const looks = (more: (name: string) => Partial<HostFacts> = () => ({})): Looks =>
  found(Object.fromEntries(names.map((name) => [name, hostFacts(name, { environmentReady: true, ...more(name) })])));

function actions(name: string, looked: Looks, given: Services = services, asked: Answers = answers): readonly Action[] {
  const stages = launchStep.plan(asked, { looks: looked, services: { ...everywhere(services), [name]: given } });
  return stages.flatMap(({ lanes }) => lanes[name] ?? []);
}
const kinds = (all: readonly Action[]) => all.map(({ kind }) => kind);
const text = unitText(network, memberOf('client1'), {
  kind: 'system',
  owner: 'ubuntu',
  ownerHome: '/home/ubuntu',
  home,
});
const there = (name: string, content = text) => ({
  kind: 'system' as const,
  name: unitName(network, memberOf(name)),
  path: `/etc/systemd/system/${unitName(network, memberOf(name))}`,
  text: content,
});

describe('where systemd keeps processes', () => {
  it('a unit is installed, and it is what is started', () => {
    const planned = actions('client1', looks());
    expect(kinds(planned)).toEqual(['upload', 'install-unit', 'start']);
    expect(planned[1]).toMatchObject({ unit: { kind: 'system' }, content: text, linger: false });
    expect(planned[1]?.text).toBe(
      `have systemd keep it running, also after a reboot: ${unitName(network, memberOf('client1'))} (it runs as ubuntu; with sudo)`,
    );
    expect(planned[1]?.text).toContain('with sudo');
    expect(planned[2]).toMatchObject({ unit: { name: unitName(network, memberOf('client1')), systemd: '252.39' } });
  });

  it('with a password of sudo’s where nothing else would do, and that is said', () => {
    const asks = actions('client1', looks(), { ...services, root: 'asks' });
    expect(kinds(asks)).toEqual(['upload', 'install-unit', 'start']);
    expect(asks[1]).toMatchObject({ unit: { kind: 'system', asks: true } });
    expect(asks[1]?.text).toContain('(it runs as ubuntu; with sudo, which asks for a password)');
    // Nobody is asked where a user's own manager does as well.
    const lingers = actions('client1', looks(), { ...services, root: 'asks', user: true, linger: 'on' });
    expect(lingers[1]).toMatchObject({ unit: { kind: 'user' } });
    expect(kinds(actions('client1', looks(), { ...services, root: 'no' }))).toEqual(['upload', 'start']);
  });

  it('one that is right stays; one that differs is shown as it changes', () => {
    expect(kinds(actions('client1', looks(), { ...services, unit: there('client1') }))).toEqual(['upload', 'start']);
    const older = text.replace('RestartSec=2', 'RestartSec=9');
    const [, install] = actions('client1', looks(), { ...services, unit: there('client1', older) });
    expect(install).toMatchObject({
      kind: 'install-unit',
      diff: expect.arrayContaining(['-RestartSec=9', '+RestartSec=2']),
    });
  });

  it('what its host could not do stays left out, and every launch says so', async () => {
    const less = without(text, ['PrivateDevices'], '252.39', 226);
    expect(kinds(actions('client1', looks(), { ...services, unit: there('client1', less) }))).toEqual([
      'upload',
      'start',
    ]);
    const { text: _, ...unit } = there('client1', less);
    const running = looks((name) => ({
      process: {
        state: 'running',
        ...(name === 'client1' ? { unit: { ...unit, omitted: ['PrivateDevices=yes (systemd 252 could not …)'] } } : {}),
      },
    }));
    const said = await checks(running, {});
    expect(said.filter(({ name }) => name === 'supervision')).toEqual([
      expect.objectContaining({ host: 'client1', ok: true, detail: `${unit.name}, without PrivateDevices=yes` }),
    ]);
  });

  describe('lingering that somebody switched off', () => {
    const place = { kind: 'user', owner: 'ubuntu', ownerHome: '/home/ubuntu', home } as const;
    const plain = unitText(network, memberOf('client1'), place);
    const mine = (linger: Services['linger'], content = plain): Services => ({
      ...services,
      root: 'no',
      linger,
      unit: { ...there('client1', content), kind: 'user' },
    });
    const running = looks((name) => {
      const { text: _, ...unit } = there(name);
      const kept = name === 'client1' ? { unit: { ...unit, kind: 'user' as const, omitted: [] } } : {};
      return { process: { state: 'running', ...kept } };
    });
    const warned = async (linger: Services['linger']) =>
      (await checks(running, { client1: mine(linger) })).filter(({ name }) => name === 'lingering');

    it('is told of, since each look of ours hides it, with what switches it on', async () => {
      expect(await warned('no')).toEqual([
        expect.objectContaining({
          host: 'client1',
          ok: true,
          detail: expect.stringContaining('ends when nobody is logged in'),
          hint: 'sudo loginctl enable-linger ubuntu on client1',
        }),
      ]);
      expect((await warned('allowed'))[0]?.hint).toContain('fl-wizard launch');
      expect(await warned('on')).toEqual([]);
    });

    it('is switched on again where its owner may, and nothing else is done', () => {
      const marked = `${plain}# Lingering was switched on for it.\n`;
      const stages = launchStep.plan(answers, { looks: running, services: { client1: mine('allowed', marked) } });
      expect(stages).toMatchObject([
        { title: 'Lingering', lanes: { client1: [{ kind: 'install-unit', linger: true, content: marked }] } },
      ]);
      expect(stages[0]?.lanes.client1?.[0]?.text).toContain('switch lingering on again');
      expect(actions('client1', running, mine('allowed'))).toMatchObject([
        { content: marked, diff: expect.arrayContaining(['+# Lingering was switched on for it.']) },
      ]);
      for (const linger of ['on', 'no'] as const) expect(actions('client1', running, mine(linger, marked))).toEqual([]);
    });

    it('is switched on by the start of what has ended', () => {
      const marked = `${plain}# Lingering was switched on for it.\n`;
      const planned = actions('client1', looks(), mine('allowed', marked));
      expect(kinds(planned)).toEqual(['upload', 'install-unit', 'start']);
      expect(planned[1]).toMatchObject({ linger: true });
    });
  });

  it('where nothing lets it, our own supervisor does, with what to type to have it otherwise; limits are not held then', async () => {
    const none: Services = { ...services, root: 'no' };
    expect(kinds(actions('client1', looks(), none))).toEqual(['upload', 'start']);
    const running = looks(() => ({ process: { state: 'running' } }));
    const said = (await checks(running, everywhere(none))).filter(({ name }) => name === 'supervision');
    expect(said).toHaveLength(names.length);
    expect(said[0]?.hint).toContain('sudo loginctl enable-linger ubuntu');
    const { systemd: _, ...without } = none;
    expect((await checks(running, everywhere(without))).filter(({ name }) => name === 'supervision')).toEqual([]);
  });

  it('the next run is started by the unit too, although the server of the one before still lingers', async () => {
    const { text: _, ...unit } = there('server', text);
    const lingering = looks((name) => ({
      process: { state: name === 'server' ? 'running' : 'finished', unit: { ...unit, omitted: [] } },
      runs: [{ run: '1', rounds: 3, done: 3, finished: true, last: 9 }],
    }));
    const world = fakeWorld([], {
      list: async () => [],
      read: async () => undefined,
      look: async () => lingering,
      services: async () => services,
    });
    const asked = { ...answers, options: { new: true } };
    const stages = launchStep.plan(asked, await launchStep.observe(asked, world));
    const starts = stages.flatMap(({ lanes }) => Object.values(lanes).flat()).filter(({ kind }) => kind === 'start');
    expect(starts).toHaveLength(names.length);
    for (const start of starts) expect(start).toHaveProperty('unit');
  });

  it('stop ends the unit', () => {
    const { text: _, ...unit } = there('client1');
    const running = looks(() => ({ process: { state: 'running', unit: { ...unit, omitted: [] } } }));
    const [stage] = stopStep.plan({ ...answers, only: ['client1'] }, { looks: running });
    expect(stage?.lanes.client1).toMatchObject([{ kind: 'stop', unit }]);
  });

  async function checks(looked: Looks, given: Readonly<Record<string, Services>>): Promise<readonly StepCheck[]> {
    const all: StepCheck[] = [];
    const signal = new AbortController().signal;
    for await (const each of launchStep.verify(answers, { looks: looked, services: given }, fakeWorld(), signal))
      if ('check' in each) all.push(each.check);
    return all;
  }
});

describe('an app that has changed', () => {
  const app = (digest: string) => ({
    [`${home}/app/client.py`]: { mode: 0o600, owner: 'ubuntu', kind: 'file' as const, sha256: digest },
  });
  /** What a process of `name` was started with, by the configuration that a plan writes for it. */
  function settings(name: string, files: HostFacts['files']): string {
    const upload = actions(
      name,
      looks(() => ({ files })),
    ).find(({ kind }) => kind === 'upload');
    const [file] = upload?.kind === 'upload' ? upload.files : [];
    const from = file?.from;
    return from && 'text' in from ? (JSON.parse(from.text) as { settings: string }).settings : '';
  }
  const serving = { phase: 'fit', port: 9092, monitorPort: 40_000, run: '1', host: '' };
  const runs = [{ run: '1', rounds: 3, done: 1, finished: false, last: 1 }];
  /** All run, and were started with the first app. */
  const running = (now: (name: string) => string): Looks => {
    const facts = Object.fromEntries(
      names.map((name) => {
        const told = settings(name, app('a'));
        const own =
          name === 'server'
            ? { server: { ...serving, settings: told } }
            : { client: { state: 'training', settings: told } };
        const base = hostFacts(name, {
          environmentReady: true,
          files: app(now(name)),
          process: { state: 'running' },
          runs,
        });
        return [name, { ...base, ...own }];
      }),
    );
    return found(facts);
  };

  it('is none where nothing has', () => {
    expect(launchStep.plan(answers, { looks: running(() => 'a'), services: {} })).toEqual([]);
  });

  it('restarts the client that it changed on, and nobody else', () => {
    const looked = running((name) => (name === 'client1' ? 'b' : 'a'));
    const planned = actions('client1', looked);
    expect(kinds(planned)).toEqual(['stop', 'upload', 'install-unit', 'start']);
    expect(planned[0]?.text).toMatch(/its app or its settings are others now/);
    expect([...actions('server', looked), ...actions('client2', looked)]).toEqual([]);
  });

  it('restarts a server in the middle of its run, with a new proof before its clients come back', () => {
    const looked = running((name) => (name === 'server' ? 'b' : 'a'));
    const stages = launchStep.plan(answers, { looks: looked, services: everywhere(services) });
    expect(stages.map(({ title }) => title)).toEqual(['Old clients', 'Server', 'Proof', 'Clients', 'Joined']);
    const [stop] = actions('server', looked);
    expect(stop).toMatchObject({ kind: 'stop', text: expect.stringContaining('run 1 goes on where it is') });
    expect(kinds(actions('client1', looked))).toEqual(['stop', 'upload', 'install-unit', 'start']);
  });

  it('is known by a process that tells what it was started with: an older one is left alone', () => {
    const looked = looks(() => ({ files: app('b'), process: { state: 'running' }, runs }));
    expect(launchStep.plan(answers, { looks: looked, services: {} })).toEqual([]);
  });
});

describe('down', () => {
  const withUnit = looks((name) => {
    const { text: _, ...unit } = there(name);
    return name === 'client2' ? {} : { process: { state: 'stopped', unit: { ...unit, omitted: [] } } };
  });
  const world = (services_: (name: string) => Promise<Services>) =>
    fakeWorld([], {
      list: async () => [],
      read: async () => undefined,
      look: async () => withUnit,
      services: (_, { name }) => services_(name),
    });

  it('removes units where they are, with the lingering that was switched on for them', async () => {
    const facts = await unitsStep.observe(
      answers,
      world(async (name) => ({
        ...services,
        unit: { ...there(name, `${text}# Lingering was switched on for it.\n`), kind: 'user' },
      })),
    );
    const [stage] = unitsStep.plan(answers, facts);
    expect(Object.keys(stage?.lanes ?? {}).sort()).toEqual(['client1', 'server']);
    expect(stage?.lanes.client1).toMatchObject([
      { kind: 'remove-unit', linger: true, text: expect.stringContaining('lingering') },
    ]);
  });

  it('tells of a host that could not be asked', async () => {
    const facts = await unitsStep.observe(
      answers,
      world(async (name) => {
        if (name === 'server') return { ...services, unit: there(name) };
        throw Object.assign(new Error('gone'), { failure: trouble(exit.connection, name) });
      }),
    );
    expect(unitsStep.failures?.(facts)).toHaveLength(1);
    expect(unitsStep.plan(answers, facts)[0]?.lanes).toHaveProperty('server');
  });
});
