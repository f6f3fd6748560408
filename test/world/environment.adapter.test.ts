import { execFileSync, spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exit } from '../../source/plan/failure.ts';
import { Agent, agentWords, type CallOptions, programInput, requestInput } from '../../source/world/agent.ts';
import { AgentPrograms } from '../../source/world/agent-programs.ts';
import { readExisting } from '../../source/world/existing.ts';
import { inventory, until } from '../helpers/project.ts';
import { type Index, makeWheel, startIndex } from '../helpers/wheels.ts';
import { root } from '../helpers/wizard.ts';
import { scratch } from './child.ts';
import { runner } from './runner.ts';

const top = scratch();
const agent = new Agent(join(root, 'templates', 'host'));
const password = 'hunter2/%&';
const encoded = encodeURIComponent(password);
let number = 0;
let index: Index;
/** Folder with a program `uv`, as PATH would have it. */
let uv: string;

beforeAll(async () => {
  makeWheel(join(top, 'index'), { name: 'tiny', requires: ['less>=1; python_version >= "3"'] });
  makeWheel(join(top, 'index'), { name: 'less' });
  index = await startIndex(join(top, 'index'), `ada:${password}`);
  const pip = (...words: readonly string[]) => execFileSync('python3', ['-m', 'pip', ...words, '--quiet', 'uv']);
  pip('download', '--dest', join(top, 'index'));
  pip('install', '--no-index', '--find-links', join(top, 'index'), '--target', join(top, 'uv'));
  uv = join(top, 'uv', 'bin');
});
afterAll(() => index?.close());

const folder = () => {
  const path = join(top, String(++number));
  mkdirSync(path, { mode: 0o700 });
  return path;
};
const bare = process.env.PATH?.split(delimiter)
  .filter((each) => !existsSync(join(each, 'uv')))
  .join(delimiter);

type Host = { readonly home: string; readonly path?: string; readonly python?: string };
async function ask({ home, path, python = 'python3' }: Host, request: Record<string, unknown> & { verb: string }) {
  const lines: string[] = [];
  const options: CallOptions = { onLine: (line) => lines.push(line) };
  const host = { name: 'client1', python };
  const answer = agent.call(runner(home, '022', path ?? bare), host, request, 'Making Python', options);
  return { lines, answer: await answer.catch((error: unknown) => error) };
}
const wish = (home: string, more: Record<string, unknown> = {}) => ({
  verb: 'make-environment',
  path: join(home, 'cache', 'python-1'),
  link: join(home, 'n', 'python'),
  requirements: ['tiny==1.0'],
  pip: { indexUrl: `http://ada:${encoded}@127.0.0.1:${index.port}/simple` },
  wheels: [],
  ...more,
});
const versionIn = (home: string) =>
  execFileSync(join(home, 'n', 'python', 'bin', 'python'), ['-c', 'import tiny, less; print(tiny.version)'], {
    encoding: 'utf8',
  }).trim();
/** However it is written. */
const secret = new RegExp(
  ['hunter2', encoded, Buffer.from(`ada:${password}`).toString('base64')]
    .map((each) => each.replace(/[/%&+]/g, '\\$&'))
    .join('|'),
);

// Python's own venv takes ten seconds where others want the disk.
describe('an environment', { timeout: 180_000 }, () => {
  it('is made by the uv that is there, from an index that wants a password', async () => {
    const home = folder();
    const { answer, lines } = await ask({ home, path: `${uv}${delimiter}${bare}` }, wish(home));
    expect(answer).toEqual({});
    expect(lines).toContain(`using ${join(uv, 'uv')}`);
    expect(lines.join('\n')).not.toMatch(/trying|venv/);
    expect(versionIn(home)).toBe('1.0');
    expect(lines.join('\n')).not.toMatch(secret);
  });

  it('is made by the uv in the user’s own folder, which is not on PATH', async () => {
    const home = folder();
    mkdirSync(join(home, '.local', 'bin'), { recursive: true });
    writeFileSync(join(home, '.local', 'bin', 'uv'), `#!/bin/sh\nexec ${join(uv, 'uv')} "$@"\n`, { mode: 0o755 });
    const { answer, lines } = await ask({ home }, wish(home));
    expect([answer, versionIn(home)]).toEqual([{}, '1.0']);
    expect(lines[0]).toBe(`using ${join(home, '.local', 'bin', 'uv')}`);
  });

  it('is made by venv and pip where uv can’t', async () => {
    const home = folder();
    const broken = folder();
    writeFileSync(join(broken, 'uv'), '#!/bin/sh\necho no >&2; exit 1\n', { mode: 0o755 });
    const { answer, lines } = await ask({ home, path: `${broken}${delimiter}${bare}` }, wish(home));
    expect([answer, versionIn(home)]).toEqual([{}, '1.0']);
    expect(lines).toEqual(expect.arrayContaining(['no', 'python -m venv']));
  });

  it('that can’t be filled leaves nothing, and tells no password', async () => {
    const home = folder();
    const gone = `http://ada:${encoded}@127.0.0.1:${index.port}/less-1.0-py3-none-any.whl`;
    const request = wish(home, { requirements: ['tiny==9', `less @ ${gone.replace('less', 'gone')}`] });
    const { answer, lines } = await ask({ home, path: `${uv}${delimiter}${bare}` }, request);
    expect(answer).toMatchObject({
      failure: {
        exitCode: exit.remote,
        host: 'client1',
        why: expect.stringContaining('the packages could not be installed'),
      },
    });
    // But what uv has fetched, in a folder of ours that goes with the last environment.
    expect(readdirSync(join(home, 'cache'))).toEqual(['uv']);
    expect(existsSync(join(home, '.cache', 'uv'))).toBe(false);
    expect(existsSync(join(home, 'n'))).toBe(false);
    expect(lines.length).toBeGreaterThan(1);
    expect(JSON.stringify([answer, lines])).not.toMatch(secret);
  });

  it('whose packages don’t go together says which: by uv, and by pip alone', async () => {
    const conflicts = { requirements: ['tiny==1.0', 'tiny==0.9'] };
    const failureOf = async (path: string) => {
      const home = folder();
      const { answer } = await ask({ home, path }, wish(home, conflicts));
      return (answer as { failure: { why: string; hint: string } }).failure;
    };
    const byUv = await failureOf(`${uv}${delimiter}${bare}`);
    expect(byUv).toMatchObject({
      why: expect.stringMatching(/^the packages could not be installed: Because you require tiny==/),
      hint: expect.stringContaining('requirements.txt'),
    });
    const broken = folder();
    writeFileSync(join(broken, 'uv'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    expect((await failureOf(`${broken}${delimiter}${bare}`)).why).toMatch(/: (Cannot install|Double requirement)/);
  });

  it('that was half made is made anew by what pip brings, and one that is whole is left alone', async () => {
    const home = folder();
    const target = join(home, 'cache', 'python-1');
    mkdirSync(join(target, 'bin'), { recursive: true });
    writeFileSync(join(target, 'bin', 'python'), 'half');
    const { lines } = await ask({ home }, wish(home));
    expect(versionIn(home)).toBe('1.0');
    expect(lines).toContain('installing uv, which installs the rest');
    expect(lines.join('\n')).not.toContain('trying pip');
    const before = inventory(target);
    expect((await ask({ home }, wish(home, { requirements: ['nothing-there'] }))).lines).toEqual([]);
    expect(inventory(target)).toEqual(before);
  });

  it('that nobody waits for any more is not made to its end: what was started there ends, and nothing is left', async () => {
    const home = folder();
    const tools = folder();
    writeFileSync(join(tools, 'uv'), '#!/bin/sh\nmkdir "$5"\necho begun $$\nexec sleep 1000\n', { mode: 0o755 });
    const { base, part, parts } = await new AgentPrograms(join(root, 'templates', 'host')).forVerb('make-environment');
    const child = spawn('python3', agentWords({ name: '', python: '' }).slice(1), {
      env: { PATH: `${tools}${delimiter}${bare}`, HOME: home },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.stdin.end(Buffer.concat([programInput(base), requestInput(wish(home), part, parts)]));
    let pid = '';
    for await (const line of createInterface({ input: child.stdout })) {
      pid = /begun (\d+)/.exec(line)?.[1] ?? '';
      if (pid) break;
    }
    expect(existsSync(join(home, 'cache', 'python-1'))).toBe(true);
    child.stdout.destroy();
    await until('uv has ended', () => !existsSync(`/proc/${pid}`));
    await until('nothing is left', () => !existsSync(join(home, 'cache', 'python-1')));
  });

  it('has no password among the arguments of anything that runs', async () => {
    const home = folder();
    const seen = join(home, 'seen');
    const tools = join(home, 'tools');
    mkdirSync(tools);
    const spy = `#!/bin/sh\necho "$@" >> ${seen}\nexec ${join(uv, 'uv')} "$@"\n`;
    writeFileSync(join(tools, 'uv'), spy, { mode: 0o755 });
    await ask({ home, path: `${tools}${delimiter}${bare}` }, wish(home));
    expect(readFileSync(seen, 'utf8')).toContain('pip install');
    expect(readFileSync(seen, 'utf8')).not.toMatch(secret);
    expect(readFileSync(seen, 'utf8')).not.toContain('ada');
  });

  it('takes the index of this host’s pip.conf, and tells nothing of its password either', async () => {
    const home = folder();
    const path = `${uv}${delimiter}${bare}`;
    mkdirSync(join(home, '.config', 'pip'), { recursive: true });
    const { indexUrl } = wish(home).pip;
    writeFileSync(join(home, '.config', 'pip', 'pip.conf'), `[global]\nindex-url = ${indexUrl}\n`);
    const made = await ask({ home, path }, wish(home, { pip: {} }));
    expect([made.answer, versionIn(home)]).toEqual([{}, '1.0']);
    const other = wish(home, { pip: {}, path: join(home, 'cache', 'python-2'), requirements: ['tiny==9'] });
    const failed = await ask({ home, path }, other);
    expect(failed.answer).toMatchObject({ failure: { exitCode: exit.remote } });
    expect(JSON.stringify([made, failed])).not.toMatch(secret);
  });
});

describe('an interpreter that is there', () => {
  const look = (home: string, requirements: readonly string[]) => ({
    verb: 'look-at-existing',
    home: join(home, 'n'),
    environment: join(home, 'cache', 'existing-1'),
    requirements,
  });
  /** A venv, as deep-learning images have them, and a Python of its own prefix, as conda makes them. */
  function kept(kind: 'venv' | 'conda'): { python: string; folder: string } {
    const at = join(folder(), "o'ther");
    if (kind === 'venv') execFileSync('python3', ['-m', 'venv', '--without-pip', at]);
    else {
      const code = 'import sys; print(sys.base_prefix, *sys.version_info[:2])';
      const [prefix = '', major, minor] = execFileSync('python3', ['-c', code], { encoding: 'utf8' }).trim().split(' ');
      const lib = `lib/python${major}.${minor}`;
      mkdirSync(join(at, lib, 'site-packages'), { recursive: true });
      mkdirSync(join(at, 'bin'));
      execFileSync('cp', [join(prefix, 'bin', `python${major}.${minor}`), join(at, 'bin', 'python')]);
      for (const name of readdirSync(join(prefix, lib)))
        if (name !== 'site-packages') execFileSync('cp', ['-rs', join(prefix, lib, name), join(at, lib)]);
      const libraries = readdirSync(join(prefix, 'lib')).filter((name) => name.includes('.so'));
      for (const name of libraries) execFileSync('cp', ['-P', join(prefix, 'lib', name), join(at, 'lib')]);
    }
    return { python: join(at, 'bin', 'python'), folder: at };
  }
  const put = (python: string, name: string) => {
    const packages = execFileSync(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'], {
      encoding: 'utf8',
    }).trim();
    execFileSync('python3', ['-m', 'zipfile', '-e', makeWheel(join(top, 'put'), { name }), packages]);
  };

  it.each(['venv', 'conda'] as const)(
    'of %s is started as it is, sees its packages, and is not touched',
    async (kind) => {
      const { python, folder: theirs } = kept(kind);
      for (const name of ['flwr', 'grpc', 'cryptography', 'numpy']) put(python, name);
      const home = folder();
      const cache = join(home, 'cache', 'existing-1');
      const before = inventory(theirs);
      const facts = async (wanted: readonly string[]) =>
        readExisting((await ask({ home, python }, look(home, wanted))).answer);
      const first = await facts(['flwr==1.0', 'numpy>=1']);
      expect(first).toMatchObject({ ready: false, python, lacking: [] });
      const { answer } = await ask(
        { home, python },
        { verb: 'use-environment', path: cache, link: join(home, 'n', 'python') },
      );
      expect(answer).toEqual({});
      expect((await facts(['flwr==1.0'])).ready).toBe(true);
      expect(readFileSync(join(cache, 'bin', 'python'), 'utf8')).toBe(first.starter);
      const code = 'import sys, flwr; print(sys.prefix, sys.executable, flwr.version, sys.argv[1])';
      const started = execFileSync(join(home, 'n', 'python', 'bin', 'python'), ['-c', code, 'a  b'], {
        encoding: 'utf8',
        // Nothing of ours that keeps Python from writing.
        env: { PATH: process.env.PATH },
      });
      expect(started.trim()).toBe(`${theirs} ${python} 1.0 a  b`);
      expect(inventory(theirs)).toEqual(before);
      expect(lstatSync(cache).mode & 0o777).toBe(0o700);
    },
  );

  it('tells what it lacks', async () => {
    const { python } = kept('venv');
    put(python, 'flwr');
    const home = folder();
    // Without pip, what stands under a condition is not asked for.
    const wanted = ['flwr==1.41.0', 'absent', 'other>=2; python_version < "3"'];
    const found = readExisting((await ask({ home, python }, look(home, wanted))).answer);
    expect(found.lacking).toEqual([
      { wanted: 'flwr==1.41.0', found: '1.0' },
      { wanted: 'absent' },
      { wanted: 'grpc' },
      { wanted: 'cryptography' },
      { wanted: 'numpy' },
    ]);
  });

  it('is asked what its own pip can read, and says what it can’t', async () => {
    const home = folder();
    const found = async (...wanted: readonly string[]) =>
      readExisting((await ask({ home }, look(home, wanted))).answer);
    const lacking = (await found('pip>=1', 'pip>900', 'absent; python_version < "3"')).lacking;
    expect(lacking[0]).toEqual({ wanted: 'pip>900', found: expect.stringMatching(/^\d/) });
    expect(lacking).not.toContainEqual({ wanted: expect.stringContaining('absent') });
    expect((await found('a requirement!')).trouble).toContain('InvalidRequirement');
  });
});
