/** What a folder and ~/.ssh say of a network that is to be set up. */
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prefillFrom, remarkFor, suggestions, unsaid, withSubject } from '../../source/commands/start-from.ts';
import { parseNetwork } from '../../source/network/read.ts';
import { networkText } from '../../source/network/write.ts';
import { foundIn, isAny } from '../../source/world/found.ts';

const top = mkdtempSync(join(tmpdir(), 'found-'));
let count = 0;

/** A new folder with these files. */
function folder(files: Readonly<Record<string, string>>): string {
  const path = join(top, String(++count));
  for (const [name, text] of Object.entries({ '.keep': '', ...files })) {
    mkdirSync(dirname(join(path, name)), { recursive: true, mode: 0o700 });
    writeFileSync(join(path, name), text, { mode: 0o600 });
  }
  return path;
}

const scripts = { 'server.py': 'start_server()', 'client.py': 'start_client()' };
const configuration = (names: string) => `[req]
prompt = no
distinguished_name = dn
[dn]
O = Example
CN = fl.example.org
[req_ext]
subjectAltName = @alt_names
[alt_names]
${names}
`;
const tutorials = configuration('DNS.1 = scriptchain.co\nIP.1 = 100.27.120.77\nIP.2 = 172.31.24.144');
const own = configuration('DNS.1 = fl.example.org\nIP.1 = 203.0.113.10\nIP.2 = 10.0.1.5');
const nobody = folder({});

describe('in a folder', () => {
  it('with nothing there is nothing', async () => {
    const found = await foundIn(folder({}), nobody);
    expect([found, isAny(found)]).toEqual([{ aliases: [] }, false]);
    expect((await foundIn(join(top, 'none'), join(top, 'none'))).aliases).toEqual([]);
  });

  it('are the names of a certificate.conf, the hosts of a list and an app', async () => {
    const directory = folder({
      'fl_network/certificate.conf': own,
      'hosts.txt': 'server 10.0.0.1\na 10.0.0.2',
      ...scripts,
    });
    const found = await foundIn(directory, nobody);
    expect(found).toMatchObject({
      configuration: { path: 'fl_network/certificate.conf', names: ['fl.example.org', '203.0.113.10', '10.0.1.5'] },
      hosts: { path: 'hosts.txt', server: { ssh: '10.0.0.1' }, clients: [{ name: 'a', ssh: '10.0.0.2' }] },
      app: { path: '.', files: ['client.py', 'server.py'] },
    });
    expect(prefillFrom(found)).toEqual({
      address: 'fl.example.org',
      names: ['203.0.113.10', '10.0.1.5'],
      server: '10.0.0.1',
      clients: [{ name: 'a', ssh: '10.0.0.2' }],
      from: {
        address: 'fl_network/certificate.conf; its [dn] is taken too',
        names: 'fl_network/certificate.conf',
        server: 'hosts.txt',
        clients: 'hosts.txt',
      },
    });
  });

  it('the [dn] of a certificate.conf is taken with its names, and with those of nobody else', async () => {
    const text = own.replace('O = Example', 'C = US\nST = New York\nO = Example\nOU = AI\n1.OU = Other');
    const found = await foundIn(folder({ 'certificate.conf': text }), nobody);
    const draft = (address: string) =>
      networkText(
        withSubject(
          {
            name: 'x',
            address,
            names: [],
            server: { host: 's' },
            clients: [{ name: 'a', ssh: { host: 'a' } }],
            algorithm: 'ec',
          },
          found,
        ),
      );
    const { certificates } = parseNetwork(draft('fl.example.org'), 'x');
    expect(certificates.subject).toEqual([
      ['C', 'US'],
      ['ST', 'New York'],
      ['O', 'Example'],
      ['OU', 'AI'],
      ['CN', 'fl.example.org'],
    ]);
    expect(parseNetwork(draft('other.example.org'), 'x').certificates.subject[0]).toEqual(['O', 'x']);
    const theirs = await foundIn(folder({ 'certificate.conf': tutorials }), nobody);
    const asked = { ...prefillFrom(theirs), name: 'x', address: 'scriptchain.co', names: [] };
    const like = { ...asked, server: { host: 's' }, clients: [], algorithm: 'ec' } as const;
    expect(withSubject(like, theirs)).toBe(like);
  });

  it('the tutorial’s own names are nobody’s answer', async () => {
    const { address, names, from } = prefillFrom(await foundIn(folder({ 'certificate.conf': tutorials }), nobody));
    expect([address, names]).toEqual([undefined, undefined]);
    expect(from).toEqual({
      unused: 'certificate.conf has the tutorial’s own names only, and yours are another server’s',
    });
  });

  it('a certificate.conf that can’t be read says why, and answers nothing', async () => {
    const prefill = prefillFrom(await foundIn(folder({ 'certificate.conf': `${own}\nnonsense` }), nobody));
    expect(prefill.address).toBeUndefined();
    expect(prefill.from?.unused).toMatch(/^certificate\.conf can’t be read: .*neither \[section\] nor key/);
    expect(prefill.from).not.toHaveProperty('address');
  });

  it('one name is the address, and nothing is found of further ones', async () => {
    const one = await foundIn(folder({ 'certificate.conf': configuration('DNS.1 = fl.example.org') }), nobody);
    expect(prefillFrom(one)).toMatchObject({ address: 'fl.example.org', names: [] });
    expect(prefillFrom(one).from).toEqual({ address: 'certificate.conf; its [dn] is taken too' });
  });

  it.each([
    [
      'certificate.conf',
      'default_bits 4096 of certificate.conf is for RSA, and keys will be EC P-256; for RSA write certificates.algorithm: rsa in fl-network.yaml, and default_bits: 4096 in fl_network/certificate.conf',
    ],
    [
      'fl_network/certificate.conf',
      'default_bits 4096 of fl_network/certificate.conf is for RSA, and keys will be EC P-256; for RSA write certificates.algorithm: rsa in fl-network.yaml',
    ],
  ])('keys that somebody wanted larger (%s) are spoken of', async (path, said) => {
    const remarked = async (bits: number, address: string) => {
      const text = own.replace('[req]', `[req]\ndefault_bits = ${bits}`);
      const { configuration } = await foundIn(folder({ [path]: text }), nobody);
      return remarkFor(configuration, { home: nobody, user: 'ada', env: {} })('address', address);
    };
    expect(await remarked(4096, 'FL.example.org')).toBe(said);
    expect(await remarked(2048, 'fl.example.org')).toBeUndefined();
    expect(await remarked(4096, 'other.example.org')).toBeUndefined();
  });

  it('nothing of an app that no host should have goes along', async () => {
    const directory = folder({
      ...scripts,
      'lib/net.py': '',
      'requirements.txt': '',
      'ca.key': 'KEY',
      'fl_network/ca.key': 'KEY',
      '.env': 'SECRET',
      'lib/.secret': 'SECRET',
      'x.pem': 'KEY',
      'certificate.conf': own,
      hosts: 'a',
      'runs/1/w.npz': '',
    });
    expect((await foundIn(directory, nobody)).app?.files).toEqual([
      'client.py',
      'lib/net.py',
      'requirements.txt',
      'server.py',
    ]);
  });

  it('what is in app/ is taken as it is, and no other app is put over one that can’t be run', async () => {
    const inApp = Object.fromEntries(Object.entries(scripts).map(([name, text]) => [`app/${name}`, text]));
    expect((await foundIn(folder({ ...inApp, ...scripts }), nobody)).app).toMatchObject({ path: 'app' });
    expect((await foundIn(folder({ 'app/readme': '', ...scripts }), nobody)).app).toBeUndefined();
  });
});

describe('beside what is said', () => {
  const found = prefillFrom({
    aliases: [],
    configuration: { path: 'certificate.conf', names: ['fl.example.org', '10.0.1.5'], subject: {}, bits: 2048 },
    hosts: {
      path: 'hosts',
      server: { ssh: '10.0.0.1' },
      clients: [{ ssh: '10.0.0.2' }, { ssh: '10.0.0.3' }],
      identityFile: '~/.ssh/fl',
    },
  });

  it('all is taken where nothing is', () => {
    expect(unsaid(found, {})).toMatchObject({
      address: 'fl.example.org',
      names: ['10.0.1.5'],
      server: '10.0.0.1',
      clients: [{ ssh: '10.0.0.2' }, { ssh: '10.0.0.3' }],
      identityFile: '~/.ssh/fl',
      from: { address: expect.any(String), names: expect.any(String), server: 'hosts', clients: 'hosts' },
    });
  });

  it('further names are those of the server that is named', () => {
    expect(unsaid(found, { address: '10.0.1.5' }).names).toEqual(['fl.example.org']);
    expect(unsaid(found, { address: 'other.example.org' })).not.toHaveProperty('names');
    expect(unsaid(found, { address: '10.0.1.5' }).from).not.toHaveProperty('address');
  });

  it('the server that is named is no client, and a key belongs to the hosts of its list', () => {
    const said = unsaid(found, { server: '10.0.0.3' });
    expect(said).toMatchObject({ clients: [{ ssh: '10.0.0.2' }], identityFile: '~/.ssh/fl' });
    expect(said).not.toHaveProperty('server');
    const clients = [{ name: 'a', ssh: '10.0.0.9' }];
    expect(unsaid(found, { server: '10.0.0.3', clients })).not.toHaveProperty('identityFile');
  });
});

describe('for who types', () => {
  const draft = { name: '', address: '', names: [], server: '', identityFile: '', clients: [] };
  const home = folder({
    '.ssh/config': 'Host fl-server\nHost hosp-a hosp-b !not *.pattern\nInclude more\n',
    '.ssh/more': 'Host hosp-c\n',
    '.ssh/id_ed25519': '-----BEGIN OPENSSH PRIVATE KEY-----\n',
    '.ssh/fl.pem': '-----BEGIN RSA PRIVATE KEY-----\n',
    '.ssh/id_ed25519.pub': 'ssh-ed25519 AAAA',
    '.ssh/known_hosts': 'x',
  });
  chmodSync(home, 0o700);

  it('the hosts of ~/.ssh/config, its keys, and the folder’s name are offered', async () => {
    const directory = folder({ 'certificate.conf': own });
    const suggest = suggestions(await foundIn(directory, home), directory, { home, user: 'ada', env: {} });
    const values = async (field: Parameters<typeof suggest>[0], more = {}) =>
      (await suggest(field, { ...draft, ...more })).map(({ value }) => value);
    expect(await values('server')).toEqual(['fl-server', 'hosp-a', 'hosp-b', 'hosp-c']);
    expect(await values('clients', { server: 'fl-server' })).toEqual(['hosp-a', 'hosp-b', 'hosp-c']);
    expect(await values('identityFile')).toEqual(['~/.ssh/fl.pem', '~/.ssh/id_ed25519']);
    expect(await values('name')).toEqual([String(count)]);
    expect(await values('names', { address: '203.0.113.10' })).toEqual(['fl.example.org', '10.0.1.5']);
    expect(await values('address')).toEqual([]);
    // Other answers of a network that has its keys: nothing is to be said of them.
    const larger = folder({ 'certificate.conf': own.replace('[req]', '[req]\ndefault_bits = 4096') });
    const { remark } = suggestions(await foundIn(larger, home), larger, { home, user: 'ada', env: {} });
    expect(await remark?.('address', 'fl.example.org')).toBeUndefined();
  });
});
