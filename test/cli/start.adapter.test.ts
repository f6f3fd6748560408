/** What is answered at the start, without the program, is what the program would have answered. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { program, root } from '../helpers/wizard.ts';

beforeAll(() => void execFileSync(process.execPath, [join(root, 'scripts', 'build.js')], { stdio: 'pipe' }));

function started(words: readonly string[], options: readonly string[] = []) {
  const args = [...options, program, ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

const mark = 'all of it is here';

/** All that is printed in a terminal of that width. A mark tells the end, since a pty's own can come before its last words. */
function inTerminal(words: readonly string[], cols: number): Promise<string> {
  return new Promise((resolve) => {
    let printed = '';
    const line = `"$0" "$@"; echo ${mark}; read -r end`;
    const pty = spawn('sh', ['-c', line, process.execPath, program, ...words], { cols, rows: 24 });
    pty.onData((text) => {
      printed += text;
      if (!printed.includes(mark)) return;
      pty.kill();
      resolve(printed);
    });
  });
}

describe('help at the start', () => {
  // Said twice, commander answers.
  it.each([[[]], [['up']], [['init']], [['monitor']], [['ssh']], [['cert']], [['cert', 'show']]])(
    "is commander's own: %j",
    (words) => {
      const slow = started([...words, '--help', '--help']);
      expect(slow).toMatchObject({ status: 0, stderr: '' });
      expect(slow.stdout).toContain('Usage: fl-wizard');
      for (const asked of ['--help', '-h']) expect(started([...words, asked])).toEqual(slow);
    },
  );
  it.each([50, 80, 133])('is as wide as a terminal of %i columns', async (columns) => {
    const [fast, slow] = [await inTerminal(['--help'], columns), await inTerminal(['--help', '--help'], columns)];
    expect(fast).toBe(slow);
    expect(fast).toContain('Usage: fl-wizard');
  });
  it('and the version load nothing of the program', () => {
    const loads = 'data:text/javascript,process.on("exit",()=>console.error(process.moduleLoadList.join()))';
    const loaded = (words: readonly string[]) => started(words, ['--import', loads]).stderr;
    // The channel for the loader's own modules is there in any case; what only the program brings is not.
    expect(loaded(['--help', '--help'])).toContain('child_process');
    for (const words of [['--help'], ['up', '--help'], ['--version']])
      expect(loaded(words)).not.toContain('child_process');
  });
  it.each([
    ['nonsense', '--help'],
    ['cert', 'nonsense', '--help'],
    ['--nonsense', '--help'],
    ['--', '--help'],
  ])('leaves to commander what it does not know: %j', (...words) => {
    const { status, stdout, stderr } = started(words);
    expect([status, stdout === '']).toEqual(stderr === '' ? [0, false] : [2, true]);
  });
  it.runIf(existsSync('/dev/full'))('tells that not all of it could be written', () => {
    for (const asked of ['--help', '--version']) {
      const line = `"$0" "$1" ${asked} > /dev/full`;
      const { status, stderr } = spawnSync('bash', ['-c', line, process.execPath, program], { encoding: 'utf8' });
      expect(stderr).toContain('not all of it could be written (ENOSPC');
      expect(status).not.toBe(0);
    }
  });
  it('arrives whole where a pipe has no room for all of it at once, and is not to be waited for', () => {
    // The first call writes ten bytes, the next ones what the kernel says of a full pipe.
    const full = `import fs from "node:fs";
      const write = fs.writeSync;
      let calls = 0;
      fs.writeSync = (fd, bytes) => {
        if (calls++ === 0) return write(fd, bytes.subarray(0, 10));
        throw Object.assign(new Error("full"), { code: "EAGAIN" });
      };
      process.on("exit", () => console.error(calls));`;
    const { stdout } = started(['--help']);
    const preloaded = ['--import', `data:text/javascript,${encodeURIComponent(full)}`];
    expect(started(['--help'], preloaded)).toEqual({ status: 0, stdout, stderr: '2\n' });
  });
});

describe("the wizard's first screen", () => {
  it.each(['C.UTF-8', 'C'])('makes no segmenter, which takes 10 ms (%s)', async (LC_ALL) => {
    const none = 'data:text/javascript,Intl.Segmenter=class{constructor(){throw(new(Error)("a segmenter was made"))}}';
    const cwd = mkdtempSync(join(tmpdir(), 'flw-start-'));
    onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
    const env = { ...process.env, HOME: cwd, LC_ALL, TERM: 'xterm-256color', CI: '' };
    const pty = spawn(process.execPath, ['--import', none, program], { cols: 80, rows: 24, cwd, env });
    const code = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
    const seen = new Promise<string>((resolve) => {
      let printed = '';
      pty.onData((text) => {
        printed += text;
        if (/Try it on this machine|segmenter/.test(printed)) resolve(printed);
      });
    });
    expect(await seen).not.toContain('segmenter');
    pty.write('q');
    expect(await code).toBe(0);
  });
});
