import { describe, expect, it } from 'vitest';
import { sha256 } from '../../source/plan/digest.ts';
import { exit } from '../../source/plan/failure.ts';
import { launchStep } from '../../source/steps/launch.ts';
import { staleApp } from '../../source/steps/stale-app.ts';
import { answers, fakeWorld, trouble } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const here = { 'server.py': 'serve()', 'client.py': 'join()', 'lib/net.py': 'Net = 1' };
const world = fakeWorld([], {
  list: async () => Object.keys(here).sort(),
  read: async (path) => {
    const [, name = ''] = path.split('/app/');
    return { content: Buffer.from(here[name as keyof typeof here]), mode: 0o600 };
  },
});

/** Hosts with this app. */
const host = (name: string, app: Readonly<Record<string, string>> = here) => {
  const { paths } = hostFacts(name);
  const files = Object.entries(app).map(([file, text]) => [
    `${paths.home}/app/${file}`,
    { kind: 'file' as const, mode: 0o600, owner: 'ubuntu', sha256: sha256(text) },
  ]);
  return hostFacts(name, { environmentReady: true, files: Object.fromEntries(files) });
};
const looksOf = (client2: Readonly<Record<string, string>>) =>
  found({ server: host('server'), client1: host('client1'), client2: host('client2', client2) });

describe('an app that was edited here', () => {
  it('is no word where every host has it', async () => {
    expect(await staleApp(answers, world, looksOf(here))).toBeUndefined();
  });

  it('and not copied is named with its files and hosts', async () => {
    const stale = await staleApp(answers, world, looksOf({ ...here, 'client.py': 'join_slowly()' }));
    expect(stale).toMatchObject({ exitCode: exit.remote, host: 'client2', hint: expect.stringContaining('deploy') });
    expect(stale?.why).toBe('client.py of the app here is not what lies on client2');
    const none = await staleApp(answers, world, looksOf({}));
    expect(none?.why).toBe('client.py, lib/net.py and server.py of the app here are not what lies on client2');
  });

  it('of a host that did not answer is not asked for', async () => {
    const looks = { ...looksOf(here), client2: { failure: trouble(exit.connection, 'client2') } };
    expect(await staleApp(answers, world, looks)).toBeUndefined();
  });

  it('keeps launch from starting anything, and is a word where nothing is to be started', async () => {
    const looks = looksOf({ ...here, 'client.py': 'join_slowly()' });
    const stale = await staleApp(answers, world, looks);
    if (!stale) throw new Error('it is another');
    expect(() => launchStep.plan(answers, { services: {}, looks, stale })).toThrow(stale.why);
    expect(launchStep.plan(answers, { services: {}, looks })).not.toEqual([]);
  });
});
