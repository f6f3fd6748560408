import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeAnswers, type Typed, typedOf } from '../../source/network/change.ts';
import { parseNetwork } from '../../source/network/read.ts';
import { networkText } from '../../source/network/write.ts';

const file = 'fl-network.yaml';
const text = `# Ours; ask Ada before you change it.
version: 1
name: xray   # the study
server:
  address: fl.example.org   # behind the balancer
  names: [10.0.0.5]
  ssh:
    host: fl-server   # in ~/.ssh/config
    user: ubuntu
    hostKey: SHA256:${'A'.repeat(43)}
clients:
  # The first site.
  - name: hosp-a
    ssh: {host: 10.0.0.11, user: fl, proxyJump: bastion}
    env: {FL_PART: 1/2}   # half of the data
  - name: hosp-b
    ssh: {host: 10.0.0.12}
# the end
flower:
  rounds: 3
`;
const before = typedOf(parseNetwork(text, file));
const changed = (news: Partial<Typed>) => changeAnswers(text, { ...before, ...news }, file) ?? '';
/** Lines that are in one and not in the other. */
const differing = (other: string) => {
  const [old, now] = [text.split('\n'), other.split('\n')];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
};

describe('answers of a network that is there', () => {
  it('are what it could have been made of', () => {
    expect(before).toEqual({
      name: 'xray',
      address: 'fl.example.org',
      names: ['10.0.0.5'],
      server: 'ubuntu@fl-server',
      identityFile: '',
      clients: [
        { name: 'hosp-a', ssh: 'fl@10.0.0.11' },
        { name: 'hosp-b', ssh: '10.0.0.12' },
      ],
    });
  });

  it('stay to the byte where they are the same', () => {
    expect(changed({})).toBe(text);
  });

  it.each<[string, Partial<Typed>, readonly string[]]>([
    ['name', { name: 'ct' }, ['-name: xray   # the study', '+name: ct   # the study']],
    [
      'address',
      { address: 'fl2.example.org' },
      ['-  address: fl.example.org   # behind the balancer', '+  address: fl2.example.org   # behind the balancer'],
    ],
    ['names, one more', { names: ['10.0.0.5', 'b'] }, ['-  names: [10.0.0.5]', '+  names: [10.0.0.5, b]']],
    ['names, none', { names: [] }, ['-  names: [10.0.0.5]', '+  names: []']],
    [
      'a client’s login',
      { clients: [before.clients[0] ?? { name: '', ssh: '' }, { name: 'hosp-b', ssh: 'fl@10.0.0.12:2222' }] },
      ['-    ssh: {host: 10.0.0.12}', '+    ssh: {host: 10.0.0.12, user: fl, port: 2222}'],
    ],
    [
      'a client more',
      { clients: [...before.clients, { name: 'hosp-c', ssh: 'hosp-c' }] },
      ['+  - name: hosp-c', '+    ssh: {host: hosp-c}'],
    ],
    ['a client less', { clients: before.clients.slice(0, 1) }, ['-  - name: hosp-b', '-    ssh: {host: 10.0.0.12}']],
    [
      'a client’s name, and what else is written of it stays',
      {
        clients: [
          { name: 'north', ssh: 'fl@10.0.0.11' },
          { name: 'hosp-b', ssh: '10.0.0.12' },
        ],
      },
      ['-  - name: hosp-a', '+  - name: north'],
    ],
  ])('%s', (_, news, lines) => {
    const other = changed(news);
    expect(differing(other)).toEqual(lines);
    expect(typedOf(parseNetwork(other, file))).toEqual({ ...before, ...news });
  });

  it('another server has another host key; its jump host is nobody’s own', () => {
    const other = parseNetwork(changed({ server: 'root@fl9' }), file);
    expect(other.server.ssh).toEqual({ host: 'fl9', user: 'root' });
    const [moved] = parseNetwork(
      changed({
        clients: [
          { name: 'hosp-a', ssh: 'fl@10.0.0.99' },
          { name: 'hosp-b', ssh: '10.0.0.12' },
        ],
      }),
      file,
    ).clients;
    expect(moved?.ssh).toEqual({ host: '10.0.0.99', user: 'fl', proxyJump: 'bastion' });
    expect(moved?.env).toEqual({ FL_PART: '1/2' });
  });

  it('one key for all is written at each', () => {
    const { server, clients } = parseNetwork(changed({ identityFile: '~/.ssh/fl' }), file);
    expect([server, ...clients].map(({ ssh }) => ssh.identityFile)).toEqual(['~/.ssh/fl', '~/.ssh/fl', '~/.ssh/fl']);
    expect(server.ssh.hostKey).toMatch(/^SHA256:/);
  });

  it('is left to its author where it is written in another way', () => {
    const alias = text.replace('ssh: {host: 10.0.0.12}', 'ssh: &b {host: 10.0.0.12}');
    const flow = `${text.slice(0, text.indexOf('clients:'))}clients: [{name: a, ssh: {host: h}}]\n`;
    const more = (of: string) => {
      const old = typedOf(parseNetwork(of, file));
      return changeAnswers(of, { ...old, clients: [...old.clients, { name: 'z', ssh: 'z' }] }, file);
    };
    expect(more(flow)).toBeUndefined();
    expect(more(alias)).toContain('name: z');
  });
});

describe('any answers in place of any others', () => {
  // One host has one role, and no client is called as the server is.
  const word = (lead: string) => fc.stringMatching(/^[a-z0-9]{1,6}$/).map((rest) => `${lead}${rest}`);
  const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
  const login = (lead: string) =>
    fc
      .record({ host: word(lead), user: maybe(word('u')), port: maybe(fc.integer({ min: 23, max: 65535 })) })
      .map(({ host, user, port }) => ({ host, ...(user ? { user } : {}), ...(port ? { port } : {}) }));
  const draft = fc.record({
    name: word('n'),
    address: word('a'),
    names: fc.uniqueArray(word('m'), { maxLength: 3 }),
    server: login('s'),
    clients: fc.uniqueArray(fc.record({ name: word('client'), ssh: login('h') }), {
      minLength: 1,
      maxLength: 5,
      comparator: (a, b) => a.name === b.name || a.ssh.host === b.ssh.host,
    }),
    algorithm: fc.constant('ec' as const),
  });

  it('are there afterwards', () => {
    const sorted = (of: Typed) => ({ ...of, clients: of.clients.toSorted((a, b) => (a.name < b.name ? -1 : 1)) });
    fc.assert(
      fc.property(draft, draft, (one, other) => {
        const after = typedOf(parseNetwork(networkText(other), file));
        const now = typedOf(parseNetwork(changeAnswers(networkText(one), after, file) ?? '', file));
        expect(sorted(now)).toEqual(sorted(after));
      }),
      { seed: 20_261_130, numRuns: 300 },
    );
  });
});
