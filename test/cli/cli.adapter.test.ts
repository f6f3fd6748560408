import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inspectNetwork } from '../../source/network/read.ts';
import { of, program, root, wizard } from '../helpers/wizard.ts';

const top = mkdtempSync(join(tmpdir(), 'flw-cli-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
beforeAll(() => void execFileSync(process.execPath, [join(root, 'scripts', 'build.js')], { stdio: 'pipe' }));

let number = 0;
const folder = () => {
  const path = join(top, String(++number));
  mkdirSync(path);
  return path;
};
const mode = (path: string) => (lstatSync(path).mode & 0o7777).toString(8);

const file = `version: 1
name: xray
certificates: {algorithm: ec}
server:
  address: fl.example.org
  ssh: {host: 127.0.0.1, port: 1}
clients:
  - {name: client1, ssh: {host: 127.0.0.1, port: 2}}
`;
/** A project whose hosts nobody can reach. */
function project(text = file): string {
  const path = folder();
  writeFileSync(join(path, 'fl-network.yaml'), text);
  return path;
}

/** Everything below a folder, with content and mode. */
const everything = (path: string) =>
  readdirSync(path, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((each) => [each, mode(each), readFileSync(each, 'latin1')]);

const initWords = [
  '--name',
  'xray',
  '--address',
  'fl.example.org',
  '--server',
  'ubuntu@10.0.0.1',
  '--client',
  'a=10.0.0.2',
];

describe('help', () => {
  it('lists the groups of the interface, up and demo first', async () => {
    const { code, stdout, stderr } = await wizard(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    const at = (word: string) => stdout.search(new RegExp(`^ *${word}(\\s|$)`, 'm'));
    const order = [
      'Start:',
      'up',
      'demo',
      'init',
      'Steps:',
      'config',
      'preflight',
      'certs',
      'deploy',
      'permissions',
      'launch',
      'verify',
      'monitor',
      'Run:',
      'status',
      'logs',
      'stop',
    ];
    const places = order.map(at);
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    for (const option of [
      '--directory',
      '--yes',
      '--dry-run',
      '--json',
      '--only',
      '--parallel',
      '--plain',
      '--no-color',
      '--accept-new-host-keys',
      '--show-commands',
      '--verbose',
    ])
      expect(stdout).toContain(option);
  });

  it('of a step names its flags', async () => {
    const { code, stdout } = await wizard(['launch', '--help']);
    expect(code).toBe(0);
    for (const flag of ['--new', '--resume <run>', '--rounds <n>', '--initial-weights <file>'])
      expect(stdout).toContain(flag);
  });

  it('ends quietly where its reader goes away', () => {
    const script = '"$1" "$2" --help | head -1; "$1" "$2" init --schema | head -1';
    const { stdout, stderr, status } = spawnSync(
      'bash',
      ['-c', `set -o pipefail; ${script}`, 'bash', process.execPath, program],
      {
        encoding: 'utf8',
      },
    );
    expect([stderr, status]).toEqual(['', 0]);
    expect(stdout.split('\n').filter(Boolean)).toHaveLength(2);
  });
});

describe('the version', () => {
  it('is that of the package, on stdout', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(await wizard(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('the program', () => {
  it('is started by its own name, as npx does', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const { stdout, stderr, status } = spawnSync(join(root, 'dist', 'fl-wizard.js'), ['--version'], {
      encoding: 'utf8',
    });
    expect([status, stdout, stderr]).toEqual([0, `${version}\n`, '']);
  });
});

describe('what is not understood', () => {
  it.each([
    [['nonsense']],
    [['--nonsense']],
    [['certs', '--nonsense']],
    [['certs', 'extra']],
    [['up', '--parallel', '0']],
    [['up', '--parallel', 'x']],
    [['demo', '--clients', '0']],
    [['demo', '--clients', '-1']],
    [['demo', '--clients', '1000000000']],
    [['launch', '--rounds', '1.5']],
    [['init', '--template', 'nonsense']],
    [['-C']],
  ])('is 2, on stderr: %j', async (words) => {
    const { code, stdout, stderr } = await wizard(words, { cwd: project() });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Reading the command line failed/);
  });
});

describe('a command that is nearly right', () => {
  it.each([
    [['lanch'], 'fl-wizard launch, if that was meant'],
    [['cert', 'lsit'], 'fl-wizard cert list, if that was meant'],
    [['--plian'], '--plain, if that was meant'],
  ])('is 2, and told: %j', async (words, hint) => {
    const { code, stdout, stderr } = await wizard(words, { cwd: folder() });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(hint);
  });
});

describe('several mistakes on one command line', () => {
  it('are one error that names all of them, and what the files say comes before anything is done', async () => {
    const path = project();
    writeFileSync(join(path, 'empty'), '\n');
    const words = [
      'certs',
      '--offline',
      '--yes',
      '--parallel',
      'x',
      '--only',
      'nobody',
      '--import-ca',
      'a.crt',
      'a.key',
    ];
    const secrets = ['--ca-passphrase-file', 'empty', '--sudo-password-file', 'nowhere'];
    const { code, stdout, stderr } = await wizard([...words, ...secrets], { cwd: path });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Why  6 things are wrong:\n');
    for (const line of [
      '--parallel "x": it must be a whole number',
      'Reading --ca-passphrase-file empty: its first line is empty; put the passphrase into the first line',
      'Reading --sudo-password-file nowhere: there is no such file; make it',
      'a.crt is not there',
      'a.key is not there',
      'there is no nobody in fl-network.yaml; it has server, client1',
    ])
      expect(stderr).toContain(line);
    expect(readdirSync(path).sort()).toEqual(['empty', 'fl-network.yaml']);
  });

  it('are named with the clients that are none', async () => {
    const words = ['init', '--template', 'keras', '--client', 'a=', '--app', 'nowhere'];
    const { code, stderr } = await wizard(words, { cwd: folder() });
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/--template "keras": it may be numpy, .*\n.*"a=": no host/),
    ]);
  });

  it('have what is missing of the network beside them', async () => {
    const { code, stderr } = await wizard(['deploy', '--wheelhouse', 'nowhere'], { cwd: folder() });
    expect(code).toBe(2);
    expect(stderr).toMatch(/2 things are wrong:\n {2}Reading the wheelhouse nowhere: there is no such folder; .*\n/);
    expect(stderr).toContain('server.address (fl-wizard init --address)');
  });
});

describe('a file with a secret', () => {
  it.each([
    ['--sudo-password-file', '644', 1],
    ['--ca-passphrase-file', '640', 1],
    ['--ca-passphrase-file', '600', 0],
  ])('%s of mode %s that others can use is warned of, with what to type', async (flag, octal, times) => {
    const path = project();
    writeFileSync(join(path, 'secret'), 'for me alone\n', { mode: Number.parseInt(octal, 8) });
    const { code, stderr } = await wizard(['certs', '--offline', '--dry-run', flag, 'secret'], { cwd: path });
    expect(code).toBe(0);
    expect(stderr.split(`Warning: ${flag}: others on this machine`)).toHaveLength(times + 1);
    expect(stderr.split(`(mode ${octal}); chmod 600 secret`)).toHaveLength(times + 1);
    expect(stderr).not.toContain('for me alone');
  });
});

describe('with --json', () => {
  it.each([
    ['an option that there is not', ['certs', '--nonsense'], 'unknown option'],
    ['a value that is none', ['up', '--parallel', 'x'], '--parallel "x"'],
    ['a command that there is not', ['lanch'], 'there is no command'],
    ['no fl-network.yaml', ['status', '-C', 'nowhere'], 'there is no such file'],
    ['one that is wrong', ['up', '-f', 'wrong.yaml'], 'wrong.yaml:1:1'],
  ])('%s is an event on stdout, too: the last one', async (_, words, why) => {
    const path = project();
    writeFileSync(join(path, 'wrong.yaml'), 'nonsense: 1\n');
    const { code, stdout, stderr, events } = await wizard([...words, '--json'], { cwd: path });
    expect(code).toBe(2);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(events).toEqual([
      expect.objectContaining({ type: 'session-finished', outcome: 'failed', exitCode: 2, time: expect.any(String) }),
    ]);
    const [failure] = of(events, 'session-finished').flatMap(({ failures = [] }) => failures);
    expect(failure).toMatchObject({ exitCode: 2, why: expect.stringContaining(why) });
    // The same in words for people.
    expect(stderr).toContain(`${failure?.doing} failed.\n`);
  });
});

describe('without fl-network.yaml, and with nobody to ask,', () => {
  it.each([[[]], [['up', '--yes']], [['certs']], [['status']]])(
    '%j names every key and flag that is missing (2)',
    async (words) => {
      const { code, stdout, stderr } = await wizard(words, { cwd: folder() });
      expect([code, stdout]).toEqual([2, '']);
      for (const part of [
        'name',
        '--name',
        'server.address',
        '--address',
        'server.ssh.host',
        '--server',
        'clients[].name',
        'clients[].ssh.host',
        '--client',
      ])
        expect(stderr).toContain(part);
    },
  );

  it('init names only what was not given', async () => {
    const { code, stderr } = await wizard(['init', '--name', 'x', '--server', 'h'], { cwd: folder() });
    expect(code).toBe(2);
    expect(stderr).toContain('--address');
    expect(stderr).toContain('--client');
    expect(stderr).not.toMatch(/--name\b|--server\b/);
  });
});

describe('a fl-network.yaml that is wrong', () => {
  it('is named with line and column (2), and nothing is made', async () => {
    const path = project(file.replace('name: xray', 'name: xray\nsecret: 1').replace('fl.example.org', "'a;b'"));
    const { code, stderr } = await wizard(['up', '--yes'], { cwd: path });
    expect(code).toBe(2);
    expect(stderr).toContain('fl-network.yaml:3:1 secret: unknown key');
    expect(readdirSync(path)).toEqual(['fl-network.yaml']);
  });

  it('is told where --only names nobody', async () => {
    const { code, stderr } = await wizard(['certs', '--only', 'client1,nobody'], { cwd: project() });
    expect(code).toBe(2);
    expect(stderr).toContain('there is no nobody in fl-network.yaml');
    const near = await wizard(['certs', '--only', 'clinet1'], { cwd: project() });
    expect(near.stderr).toContain('did you mean client1? it has server, client1');
  });

  it.each(['', ' , '])('never takes an empty --only (%j) for all hosts', async (names) => {
    const { code, stderr } = await wizard(['certs', '--only', names, '--yes'], { cwd: project() });
    expect(code).toBe(2);
    expect(stderr).toContain('it names nobody');
  });
});

describe('init', () => {
  it('says on stderr what the questions would say of an answer, and writes the file', async () => {
    const cwd = folder();
    const words = ['init', '--name', 'x', '--address', '10.0.0.1', '--server', '10.0.0.1', '--client', '10.0.0.2'];
    const { code, stderr } = await wizard([...words, '--identity-file', '/nowhere/key'], { cwd });
    expect([code, stderr]).toEqual([0, expect.stringContaining('Note: /nowhere/key is not there\n')]);
    expect(readFileSync(join(cwd, 'fl-network.yaml'), 'utf8')).toContain('identityFile: /nowhere/key');
  });

  it.each([
    ['numpy', 'FL_PART: 1/1', 'hidden layer'],
    ['torch', 'FL_PART: 1/1', 'import torch'],
    ['sklearn', 'FL_PART: 1/1', 'from sklearn'],
  ])('--template %s lays down an app that is whole', async (template, part, word) => {
    const path = folder();
    expect((await wizard(['init', '--template', template, ...initWords], { cwd: path })).code).toBe(0);
    const files = ['DIGITS.md', 'client.py', 'data.py', 'digits.csv.gz', 'requirements.txt', 'server.py', 'task.py'];
    expect(readdirSync(join(path, 'app')).sort()).toEqual(files);
    expect(readFileSync(join(path, 'fl-network.yaml'), 'utf8')).toContain(part);
    expect(readFileSync(join(path, 'app', 'task.py'), 'utf8')).toContain(word);
  });

  it.each(['000', '077'])('writes a project that is right, whatever the umask is (%s)', (umask) => {
    const path = folder();
    const { status, stdout } = spawnSync(
      'sh',
      ['-c', `umask ${umask}; exec "$@"`, 'sh', process.execPath, program, 'init', ...initWords],
      {
        cwd: path,
        encoding: 'utf8',
      },
    );
    expect([status, stdout]).toEqual([0, '']);
    expect(readdirSync(path).sort()).toEqual(['.gitignore', 'app', 'fl-network.yaml']);
    expect(['fl-network.yaml', '.gitignore', 'app', 'app/server.py'].map((name) => mode(join(path, name)))).toEqual([
      '644',
      '644',
      '755',
      '644',
    ]);
    expect(readFileSync(join(path, '.gitignore'), 'utf8')).toMatch(/^\*\.key$[\s\S]*^\.fl-wizard\/$/m);
    const { value, problems } = inspectNetwork(readFileSync(join(path, 'fl-network.yaml'), 'utf8'));
    expect(problems).toEqual([]);
    expect(value).toMatchObject({
      name: 'xray',
      server: { ssh: { user: 'ubuntu', host: '10.0.0.1' } },
      clients: [{ name: 'a' }],
    });
  });

  it('never writes over what is there (2)', async () => {
    const path = folder();
    expect((await wizard(['init', ...initWords], { cwd: path })).code).toBe(0);
    const before = everything(path);
    const again = await wizard(['init', ...initWords], { cwd: path });
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('it is there already');
    expect(everything(path)).toEqual(before);
  });

  it.each([
    ['--address', 'a;b'],
    ['--address', '-oProxyCommand=x'],
    ['--address', '127.1'],
    ['--server', 'a b'],
    ['--server', '-oProxyCommand=x'],
    ['--client', 'nobody-*'],
    ['--client', 'server=10.0.0.2'],
    ['--client', 'a=10.0.0.1'],
    ['--name', 'a b'],
    ['--names', '$(id)'],
  ])('refuses %s %s (2), and makes nothing', async (flag, value) => {
    const path = folder();
    const words = [...initWords];
    const at = words.indexOf(flag);
    if (at >= 0) words[at + 1] = value;
    else words.push(flag, value);
    const { code, stderr } = await wizard(['init', ...words], { cwd: path });
    expect([code, stderr.length > 0]).toEqual([2, true]);
    expect(readdirSync(path)).toEqual([]);
  });

  it('--schema prints a JSON Schema', async () => {
    const { code, stdout, stderr } = await wizard(['init', '--schema'], { cwd: folder() });
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ type: 'object', required: ['version', 'name', 'server', 'clients'] });
  });

  it('--dry-run prints the file and writes none', async () => {
    const path = folder();
    const { code, stdout } = await wizard(['init', '--dry-run', ...initWords], { cwd: path });
    expect(code).toBe(0);
    expect(inspectNetwork(stdout).problems).toEqual([]);
    expect(readdirSync(path)).toEqual([]);
  });
});

/** A folder that its owner keeps to himself, or shares with a group. */
it.each([0o700, 0o770, 0o775])('a folder that was there keeps its mode, whatever is done in it (%o)', async (own) => {
  const path = folder();
  chmodSync(path, own);
  const link = `${path}-link`;
  symlinkSync(path, link);
  expect((await wizard(['-C', link, 'init', ...initWords], { cwd: top })).code).toBe(0);
  expect((await wizard(['config', '--yes'], { cwd: path })).code).toBe(0);
  expect((await wizard(['certs', '--offline', '--yes'], { cwd: path })).code).toBe(0);
  expect(statSync(path).mode & 0o7777).toBe(own);
});

describe('config', () => {
  it('writes certificate.conf, once', async () => {
    const path = project();
    expect((await wizard(['config', '--yes'], { cwd: path })).code).toBe(0);
    const conf = join(path, 'fl_network', 'certificate.conf');
    expect([mode(conf), mode(join(path, 'fl_network'))]).toEqual(['644', '700']);
    expect(readFileSync(conf, 'utf8')).toContain('DNS.1 = fl.example.org');
    const again = await wizard(['config', '--yes', '--json'], { cwd: path });
    expect(of(again.events, 'step-finished')[0]?.outcome).toBe('unchanged');
  });
});

describe('certs --offline', () => {
  it('--yes makes everything with the right modes, and a second time nothing', async () => {
    const path = project();
    const first = await wizard(['certs', '--offline', '--yes', '--json'], { cwd: path });
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.events.at(0)).toMatchObject({ type: 'session-started', version: 1 });
    expect(first.events.at(-1)).toMatchObject({ type: 'session-finished', outcome: 'changed', exitCode: 0 });
    // Nothing but events on stdout, each with its time.
    expect(first.stdout.trim().split('\n')).toHaveLength(first.events.length);
    expect(first.events.every(({ time }) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(time))).toBe(true);
    expect(first.stdout).not.toMatch(/PRIVATE KEY/);
    const keys = join(path, 'fl_network');
    expect(readdirSync(keys).sort()).toEqual([
      'ca.crt',
      'ca.key',
      'client1.crt',
      'client1.csr',
      'client1.key',
      'server.crt',
      'server.csr',
      'server.key',
    ]);
    for (const name of readdirSync(keys)) expect(mode(join(keys, name))).toBe(name.endsWith('.key') ? '600' : '644');
    expect([mode(keys), mode(join(path, '.fl-wizard')), mode(join(path, '.fl-wizard/probes'))]).toEqual([
      '700',
      '700',
      '700',
    ]);
    expect(existsSync(join(path, '.fl-wizard', 'lock'))).toBe(false);

    const before = everything(path);
    const second = await wizard(['certs', '--offline', '--yes', '--json'], { cwd: path });
    expect(second.code).toBe(0);
    expect(second.events.at(-1)).toMatchObject({ outcome: 'unchanged', exitCode: 0 });
    expect(everything(path)).toEqual(before);
  });

  it('without --yes prints the plan, does nothing, and is 8', async () => {
    const path = project();
    const { code, stdout, stderr } = await wizard(['certs', '--offline'], { cwd: path });
    expect([code, stdout]).toEqual([8, '']);
    expect(stderr).toContain('+ make the CA fl_network/ca.crt');
    expect(stderr).toContain('--yes');
    expect(existsSync(join(path, 'fl_network'))).toBe(false);
  });

  it('--dry-run prints the plan and changes nothing on disk, not even a lock', async () => {
    const path = project();
    const { code, stderr } = await wizard(['certs', '--offline', '--dry-run'], { cwd: path });
    expect(code).toBe(0);
    expect(stderr).toContain('+ make the CA fl_network/ca.crt');
    expect(readdirSync(path)).toEqual(['fl-network.yaml']);
  });

  it('refuses a link where a key belongs (3), and leaves its victim alone', async () => {
    const path = project();
    mkdirSync(join(path, 'fl_network'), { mode: 0o700 });
    writeFileSync(join(path, 'victim'), 'untouched');
    symlinkSync(join(path, 'victim'), join(path, 'fl_network', 'server.crt'));
    const { code } = await wizard(['certs', '--offline', '--yes', '--allow-reissue'], { cwd: path });
    expect([3, 6]).toContain(code);
    expect(readFileSync(join(path, 'victim'), 'utf8')).toBe('untouched');
  });

  it('that was killed while it wrote a key leaves none behind, and goes on when it runs again', async () => {
    const path = project();
    const keys = join(path, 'fl_network');
    const strace = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=rename,renameat,renameat2'];
    // The first renames are the lock's and the CA's; at the fourth a pair is on its way.
    const inject = ['-e', 'inject=rename,renameat,renameat2:signal=SIGKILL:when=4'];
    spawnSync('strace', [...strace, ...inject, process.execPath, program, 'certs', '--offline', '--yes', '-C', path]);
    const ca = readFileSync(join(keys, 'ca.key'), 'utf8');
    for (const name of readdirSync(keys)) expect(mode(join(keys, name))).toMatch(/^6(00|44)$/);
    // What a kill leaves in the worst case, wherever this one came.
    const halves = [
      join(keys, '.server.key.00.fl-wizard-tmp'),
      join(path, '.fl-wizard', '.operator.key.00.fl-wizard-tmp'),
    ];
    for (const half of halves) writeFileSync(half, 'half a key');
    const again = await wizard(['certs', '--offline', '--yes', '--allow-reissue'], { cwd: path });
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('client1.crt')]);
    expect(readFileSync(join(keys, 'ca.key'), 'utf8')).toBe(ca);
    expect(readdirSync(keys).filter((name) => name.startsWith('.'))).toEqual([]);
    expect(readdirSync(join(path, '.fl-wizard')).filter((name) => /^lock$|^\./.test(name))).toEqual([]);
  });
});

describe('hosts that nobody can reach', () => {
  it('are named, each, and are 4', async () => {
    const path = project();
    const { code, events } = await wizard(['preflight', '--json'], { cwd: path });
    expect(code).toBe(4);
    const bad = of(events, 'check-finished').map(({ check }) => [check.host, check.name, check.ok]);
    expect(bad).toEqual([
      ['server', 'login', false],
      ['client1', 'login', false],
    ]);
    expect(existsSync(join(path, '.fl-wizard', 'lock'))).toBe(false);
  });
});
