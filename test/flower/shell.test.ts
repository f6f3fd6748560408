import { describe, expect, it } from 'vitest';
import { shellLines } from '../../source/flower/shell.ts';
import type { Upload } from '../../source/plan/action.ts';

const contextOf = (destination: string) => ({
  intermediates: '',
  configuration: 'certificate.conf',
  reach: () => ({ options: [], destination }),
});

function uploaded(destination: string, ...files: readonly Upload[]): string {
  return shellLines({ kind: 'upload', host: 'server', files, text: 'copy' }, contextOf(destination)).join('\n');
}

describe('the lines of an upload', () => {
  it.each([
    ['fl@192.0.2.1', 'fl@192.0.2.1:/srv/'],
    ['fl@2001:db8::7', "'fl@[2001:db8::7]:/srv/'"],
  ])('name the host as scp reads it: %s', (destination, target) => {
    expect(uploaded(destination, { from: { file: '/ca.crt' }, to: '/srv/ca.crt', mode: 0o644 })).toContain(
      `scp /ca.crt ${target}`,
    );
  });

  it.each(['hunter2', '}hunter2', '"}hunter2', '\\"}hunter2', 'hunter2"}, "a": {"b'])(
    'keep a value to itself: %j',
    (value) => {
      const text = `${JSON.stringify({ env: { FIRST: value, SECOND: value }, args: ['shown'] }, undefined, 2)}\n`;
      const lines = uploaded('fl@192.0.2.1', { from: { text }, to: '/srv/process.json', mode: 0o600 });
      expect(lines).not.toContain('hunter2');
      for (const word of ['"FIRST": "…"', '"SECOND": "…"', 'shown']) expect(lines).toContain(word);
    },
  );

  it('say so where values were left out of them', () => {
    const file = (env: object) => ({
      from: { text: `${JSON.stringify({ env }, undefined, 2)}\n` },
      to: '/p',
      mode: 0o600,
    });
    expect(uploaded('fl@h', file({ A: 'hunter2' }))).toMatch(/^# values of env are left out here/);
    expect(uploaded('fl@h', file({}))).not.toContain('left out');
  });

  it('on a screen tell in words what only our own programs read, and show what a shell takes', () => {
    const text = `${JSON.stringify({ version: 1, name: 'client1' }, undefined, 2)}\n`;
    const files = [
      { from: { text }, to: '/srv/client1.json', mode: 0o600 },
      { from: { text: 'export A=1\n' }, to: '/srv/env.sh', mode: 0o600 },
    ];
    const context = { ...contextOf('fl@h'), brief: true };
    const lines = shellLines({ kind: 'upload', host: 'client1', files, text: 'copy' }, context);
    expect(lines[0]).toBe('# /srv/client1.json: fl-wizard writes it itself, 4 lines of JSON');
    expect(lines[1]).toMatch(/^ssh fl@h .*cat > \/srv\/env\.sh.*<<'END'\nexport A=1\nEND$/);
  });
});

it('what no shell does is said to be done by fl-wizard itself', () => {
  const action = { kind: 'await-server', host: 'server', seconds: 60, text: 'wait until it serves' } as const;
  expect(shellLines(action, contextOf('fl@h'))).toEqual(['# fl-wizard itself: wait until it serves']);
});

describe('sudo, as a person types it', () => {
  const unit = {
    kind: 'system',
    name: 'fl-wizard-x-a.service',
    path: '/etc/systemd/system/fl-wizard-x-a.service',
  } as const;
  const folder = { kind: 'make-folder', host: 'a', path: '/etc/ssl/x', mode: 0o700, owner: 'fl', text: '' } as const;

  it('asks nothing where it lets us, and has a terminal where it asks for a password', () => {
    const lines = (asks: object) => shellLines({ ...folder, sudo: true, ...asks }, contextOf('fl@h'));
    expect(lines({})).toEqual(["ssh fl@h 'sudo -n install -d -o fl -m 0700 /etc/ssl/x'"]);
    expect(lines({ asks: true })).toEqual(["ssh -t fl@h 'sudo install -d -o fl -m 0700 /etc/ssl/x'"]);
  });

  it('removes a folder of root’s where it may ask for a password too', () => {
    const remove = { kind: 'remove-folder', host: 'a', path: '/etc/ssl/x', text: '' } as const;
    expect(shellLines(remove, contextOf('fl@h'))).toEqual(["ssh -t fl@h 'sudo rmdir -- /etc/ssl/x'"]);
  });

  it('gets a unit’s text from a file where it has to ask, since a text on its input leaves no place for a password', () => {
    const install = { kind: 'install-unit', host: 'a', content: '[Unit]\n', linger: false, text: '' } as const;
    expect(shellLines({ ...install, unit: { ...unit, asks: true } }, contextOf('fl@h'))).toEqual([
      expect.stringMatching(/^ssh fl@h '.*cat >.*fl-wizard-x-a\.service.*' <<'END'\n\[Unit\]\nEND$/s),
      `ssh -t fl@h 'sudo install -m 0644 ${unit.name} ${unit.path}'`,
      `ssh fl@h 'rm -f -- ${unit.name}'`,
      "ssh -t fl@h 'sudo systemctl daemon-reload'",
    ]);
    expect(shellLines({ ...install, unit }, contextOf('fl@h'))[0]).toContain('sudo -n sh -c');
  });
});

describe('the passphrase of the CA’s key', () => {
  const files = { certificate: '/p/ca.crt', key: '/p/ca.key', register: '/p/register' };
  const ca = {
    subject: [],
    networkName: 'xray',
    days: 3650,
    key: { algorithm: 'ec' },
    digest: 'sha256',
    files,
  } as const;
  const make = { ...ca, kind: 'make-authority', text: 'make the CA' } as const;
  const issue = {
    kind: 'issue',
    authority: files,
    text: 'issue server.crt',
    issue: {
      name: 'server',
      purpose: 'server',
      subject: [['CN', 'x']],
      sans: { dns: ['fl.example.org'], ips: [], uris: [] },
      days: 365,
      key: { algorithm: 'ec' },
      digest: 'sha256',
      files: { certificate: '/p/server.crt', key: '/p/server.key' },
      keepKey: false,
    },
  } as const;
  const lines = (passphrase?: { readonly from?: string }) => {
    const context = { ...contextOf('fl@h'), ...(passphrase ? { passphrase } : {}) };
    return [make, issue].map((action) => shellLines(action, context).join('\n')) as [string, string];
  };

  it('is read from where it was given: the key is encrypted, and each signature opens it', () => {
    const [made, issued] = lines({ from: 'file:/secret' });
    expect(made).toContain('-aes256 -pass file:/secret -out /p/ca.key');
    expect(made).toMatch(/openssl req .*-key \/p\/ca\.key .*-passin file:\/secret/);
    expect(issued).toContain('-CAkey /p/ca.key -passin file:/secret');
    expect(issued).not.toContain('-aes256');
  });

  it('is asked for by openssl where the key that is there has one, which is said', () => {
    const [, issued] = lines({});
    expect(issued).toContain('# openssl asks for the passphrase of the CA’s key');
    expect(issued).not.toContain(' -passin file:/');
  });

  it('is offered where a key is made, and nowhere else', () => {
    const [made, issued] = lines();
    expect(made).toContain('# for a key with a passphrase: -aes256 -pass file:FILE');
    expect(made).not.toMatch(/^[^#]*-aes256/m);
    expect(issued).not.toContain('pass');
  });
});
