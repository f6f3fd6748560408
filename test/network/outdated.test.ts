/** What another fl-network.yaml makes out of date, in words. */
import { describe, expect, it } from 'vitest';
import { completeNetwork, type Network } from '../../source/network/network.ts';
import { outdated } from '../../source/network/outdated.ts';
import type { NetworkFile } from '../../source/network/schema.ts';
import type { Happening } from '../../source/plan/event.ts';
import { steps } from '../../source/steps/index.ts';
import { wordsOf } from '../../source/ui/steps-lines.ts';
import { timed, viewOf } from '../ui/events.ts';

const file: NetworkFile = {
  version: 1,
  name: 'xray',
  server: { address: 'fl.example.org', names: ['10.0.0.1'], ssh: { host: '10.0.0.1', user: 'ubuntu' } },
  clients: ['a', 'b'].map((name) => ({ name, ssh: { host: name } })),
};
const before = completeNetwork(file);
const after = (more: Partial<NetworkFile>): Network => completeNetwork({ ...file, ...more });
const [a, b] = file.clients;
if (!a || !b) throw new Error('no clients');

describe('another fl-network.yaml', () => {
  it.each<[string, Partial<NetworkFile>, readonly (string | RegExp)[]]>([
    ['the same', {}, []],
    ['another name', { name: 'ct' }, [/it is another network, ct/]],
    ['another address', { server: { ...file.server, address: 'fl2.example.org' } }, [/^every certificate/]],
    [
      'more names',
      { server: { ...file.server, names: ['10.0.0.1', '::1'] } },
      [/^the server’s certificate: it holds other names/],
    ],
    ['another subject', { certificates: { subject: { O: 'X' } } }, [/^certificates: another subject/]],
    ['keys made on hosts', { certificates: { keys: 'host' } }, [/^keys: they are made on each host/]],
    [
      'another common name',
      { clients: [{ ...a, commonName: 'A' }, b] },
      [/^the certificates of a: another common name/],
    ],
    ['one more', { clients: [a, b, { name: 'c', ssh: { host: 'c' } }] }, [/^c: a certificate, all that a host needs/]],
    [
      'one more, that is told less than all others',
      {
        clients: [
          { ...a, env: { PART: '1/2', X: '1' } },
          { ...b, env: { PART: '2/2' } },
          { name: 'c', ssh: { host: 'c' } },
        ],
      },
      [/^c: a certificate/, /^c: it sets no PART, which the other clients do/, /^a and b, where running: started anew/],
    ],
    ['one less', { clients: [a] }, [/^b: not let in any more/]],
    ['another host', { clients: [a, { ...b, ssh: { host: 'b2' } }] }, [/^b: everything is placed where/]],
    [
      'another key for the login',
      { clients: [a, { ...b, ssh: { host: 'b', identityFile: '~/.ssh/fl' } }] },
      ['b: logged in to with another key (preflight); what lies there stays'],
    ],
    ['another app', { flower: { app: 'mine' } }, [/^the app: another is copied/]],
    ['more rounds', { flower: { rounds: 9 } }, [/where running: started anew with other settings/]],
    [
      'another argument',
      { clients: [{ ...a, args: ['-v'] }, b] },
      [/^a, where running: started anew with other settings/],
    ],
  ])('%s', (_, more, words) => {
    const found = outdated(before, after(more));
    expect(found).toHaveLength(words.length);
    for (const [at, word] of words.entries()) expect(found[at]).toMatch(word);
  });
});

/** The list of the steps, where only this one was found out of date. */
function listedWith(first: string): ReadonlyMap<string, ReturnType<typeof wordsOf>> {
  const looks = steps.flatMap(({ id: step }): readonly Happening[] => [
    { type: 'step-started', step },
    { type: 'plan-ready', step, standing: { state: step === first ? 'outdated' : 'done' }, actions: [] },
    { type: 'step-finished', step, outcome: 'unchanged' },
  ]);
  const titles = steps.map(({ id, title }) => ({ id, title }));
  const view = viewOf(timed([{ type: 'session-started', version: 1, steps: titles }, ...looks]));
  return new Map(view.steps.map((step) => [step.id, wordsOf(view, step)]));
}

describe('what it makes out of date', () => {
  it.each<[string, Partial<NetworkFile>, string, readonly string[]]>([
    [
      'more names',
      { server: { ...file.server, names: ['10.0.0.1', '::1'] } },
      'config, and all from certs on',
      ['config', 'certs', 'deploy', 'permissions', 'launch', 'verify', 'monitor'],
    ],
    [
      'keys made on hosts',
      { certificates: { keys: 'host' } },
      'all from certs on',
      ['certs', 'deploy', 'permissions', 'launch', 'verify', 'monitor'],
    ],
    [
      'another app',
      { flower: { app: 'mine' } },
      'all from deploy on',
      ['deploy', 'permissions', 'launch', 'verify', 'monitor'],
    ],
    ['more rounds', { flower: { rounds: 9 } }, 'all from launch on', ['launch', 'verify', 'monitor']],
  ])('by %s is what the list of the steps says is no more plainly done', (_, more, words, not) => {
    expect(outdated(before, after(more))[0]).toContain(`(${words})`);
    const listed = listedWith(not[0] ?? '');
    const plainly = [...listed].filter(([, { found }]) => found === 'done').map(([id]) => id);
    expect(plainly).toEqual(steps.map(({ id }) => id).filter((id) => !not.includes(id)));
    for (const id of not.slice(1))
      expect(listed.get(id)).toMatchObject({ word: 'done before', why: `now ${not[0]} is out of date` });
  });
});
