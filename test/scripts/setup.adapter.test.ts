import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';

const scripts = join(import.meta.dirname, '..', '..', 'scripts');
const folder = mkdtempSync(join(tmpdir(), 'fl-setup-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** In a process of its own, because these scripts listen to signals. */
function evaluate(code: string) {
  const imports = `
    import { checkNode, checkPython } from ${JSON.stringify(join(scripts, 'setup.js'))};
    import { main, need, run } from ${JSON.stringify(join(scripts, 'support/process.js'))};
    import { install } from ${JSON.stringify(join(scripts, 'support/system.js'))};`;
  return [process.execPath, '--input-type=module', '-e', `${imports}\nawait main(async () => {${code}});`] as const;
}

function outcome(code: string) {
  const [command, ...args] = evaluate(code);
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return { status, stderr };
}

function stub(script: string, program = 'python3'): string {
  const path = join(folder, program);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return JSON.stringify(path);
}

test.each(['18.20.8', '20.18.3'])('Node %s is refused in one line that says what to install', (version) => {
  const { status, stderr } = outcome(`checkNode('${version}')`);
  expect(status).toBe(1);
  expect(stderr).toBe(`Node ${version} is too old: install Node 20.19 or newer (22 LTS, for example)\n`);
});

test.each(['20.19.0', '20.20.2', '22.1.0', '100.0.0'])('Node %s will do', (version) => {
  expect(outcome(`checkNode('${version}')`)).toEqual({ status: 0, stderr: '' });
});

test.each([
  ['is absent', JSON.stringify(join(folder, 'absent'))],
  ['is too old', stub('echo 3 9')],
])('a Python that %s is refused in one line', (_, python) => {
  const { status, stderr } = outcome(`checkPython(${python})`);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^Python 3\.10 or newer with venv is needed as .*: `apt-get install .*\n$/);
});

test('a Python without venv is refused, and a newer one taken', () => {
  expect(outcome(`checkPython(${stub('exit 1')})`).status).toBe(1);
  expect(outcome(`checkPython(${stub('echo 3 14')})`)).toEqual({ status: 0, stderr: '' });
});

test('a package that a distribution lacks keeps no other away', () => {
  const asked = join(folder, 'asked');
  stub(`echo "$@" >> '${asked}'; case "$*" in *yasr*) exit 100;; esac`, 'apt-get');
  const { status, stderr } = outcome(
    `process.env.PATH = ${JSON.stringify(folder)} + ':' + process.env.PATH; await install(['tmux', 'yasr', 'zsh'])`,
  );
  expect(status).toBe(0);
  expect(stderr).toContain("yasr can't be installed here");
  expect(stderr).not.toMatch(/(tmux|zsh) can't/);
  const words = 'install -y --no-install-recommends';
  const lines = ['update -q', `${words} tmux yasr zsh`, `${words} tmux`, `${words} yasr`, `${words} zsh`];
  expect(readFileSync(asked, 'utf8').trim().split('\n')).toEqual(lines);
});

test('what a command says is shown only where it fails', () => {
  const shell = (script: string) => `await need('sh', ['-c', '${script}'], { title: 'working' })`;
  expect(outcome(shell('echo much'))).toEqual({ status: 0, stderr: 'working\n' });
  expect(outcome(shell('echo why >&2; exit 3'))).toEqual({
    status: 1,
    stderr: 'working\nwhy\nsh -c echo why >&2; exit 3 ended with 3\n',
  });
});

test('a signal reaches the command and all that it started, and is told by the exit code', async () => {
  const [command, ...args] = evaluate(`await run('sh', ['-c', 'sleep 1000 & echo $!; wait'], { stdout: 'inherit' })`);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(createInterface(child.stdout), 'line');
  child.kill('SIGTERM');
  // The pipe is closed when the last that holds it has ended: the sleeper, which holds it for 1000 s.
  expect(await once(child, 'close')).toEqual([143, null]);
});
