import { describe, expect, it } from 'vitest';
import type { Member } from '../../source/network/network.ts';
import { sha256 } from '../../source/plan/digest.ts';
import { deployStep } from '../../source/steps/deploy.ts';
import { changedThere, copiedRecord, leftovers, removeActions } from '../../source/steps/former.ts';
import type { Placed } from '../../source/steps/placed.ts';
import { staleApp } from '../../source/steps/stale-app.ts';
import { answers, fakeWorld, network } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const client1 = network.clients[0] as Member;
const file = (name: string, group: Placed['group']): Placed => ({
  from: { text: name },
  to: `{home}/${name}`,
  mode: 0o600,
  group,
  sha256: sha256(name),
});
const files = [file('policy/allow.json', 'policy'), file('app/client.py', 'app'), file('runtime/p/a.py', 'runtime')];
const old = {
  'app/server.py': { placed: 'aa', found: 'aa' },
  'app/notes.csv': { placed: 'aa', found: 'bb' },
  'app/data': { placed: 'aa' },
};
const facts = hostFacts('client1', { former: old });
const record = (more: readonly string[] = []) =>
  [`${sha256('app/client.py')}  app/client.py`, `${sha256('runtime/p/a.py')}  runtime/p/a.py`, ...more, ''].join('\n');

describe('what was copied before and is here no more', () => {
  it('is known by the record of what is copied: the app and the runtime', () => {
    expect(copiedRecord(files, undefined)).toMatchObject({ from: { text: record() }, sha256: sha256(record()) });
  });

  it('is removed, by its name, before the record that names it gives way', () => {
    const [action] = removeActions(client1, facts);
    expect(action).toMatchObject({
      kind: 'remove',
      host: 'client1',
      names: ['app/server.py'],
      files: [],
      folder: false,
    });
    expect(action?.text).toBe(`remove app/server.py in ${facts.paths.home}, which is no longer here`);
    const placement = { requirements: [], files: { client1: files, client2: files, server: files } };
    const stages = deployStep.plan(answers, { looks: found({ client1: facts }), placement });
    const kinds = stages[0]?.lanes.client1?.map(({ kind }) => kind) ?? [];
    expect(kinds.indexOf('remove')).toBeGreaterThan(-1);
    expect(kinds.indexOf('remove')).toBeLessThan(kinds.indexOf('upload'));
    const certificates = { ...answers, options: { onlyCertificates: true } };
    const few = deployStep.plan(certificates, { looks: found({ client1: facts }), placement });
    expect(few[0]?.lanes.client1?.map(({ kind }) => kind)).not.toContain('remove');
  });

  it('and was changed there is left alone and stays in the record', () => {
    expect(leftovers(facts)).toEqual(['app/server.py']);
    expect(changedThere(facts)).toEqual(['app/notes.csv', 'app/data']);
    expect(copiedRecord(files, facts).from).toEqual({ text: record(['aa  app/notes.csv', 'aa  app/data']) });
  });

  it('is told in a few words where it is much', () => {
    const former = Object.fromEntries([...'abcdefg'].map((name) => [`app/${name}`, { placed: '', found: '' }]));
    const [action] = removeActions(client1, hostFacts('client1', { former }));
    expect(action?.text).toMatch(/^remove app\/a, .*app\/e and 2 more in .*, which are no longer here$/);
  });

  it('keeps launch from starting it', async () => {
    const world = fakeWorld([], { list: async () => [] });
    const looks = found({ server: hostFacts('server'), client1: facts, client2: hostFacts('client2') });
    expect(await staleApp(answers, world, looks)).toMatchObject({
      host: 'client1',
      why: 'server.py lies on client1 and no longer in the app here',
      hint: expect.stringContaining('fl-wizard deploy'),
    });
    const others = found({ client1: hostFacts('client1', { former: { 'app/notes.csv': old['app/notes.csv'] } }) });
    expect(await staleApp(answers, world, others)).toBeUndefined();
  });
});
