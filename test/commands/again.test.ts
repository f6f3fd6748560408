/** A session that is begun anew for as long as somebody does something about what failed in it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { untilLeft } from '../../source/commands/again.ts';
import type { Call, Io } from '../../source/commands/context.ts';
import type { SessionResult } from '../../source/commands/session.ts';
import { visitOf } from '../../source/commands/visit.ts';
import type { After } from '../../source/plan/after.ts';
import type { Failure } from '../../source/plan/failure.ts';
import { emptyView } from '../../source/plan/reduce.ts';
import { unseen } from '../../source/ui/found.ts';
import { fakeStep, trouble } from '../plan/fakes.ts';

const text = `# ours
version: 1
name: xray
server: {address: fl.example.org, ssh: {host: s}}
clients: [{name: a, ssh: {host: a}}, {name: b, ssh: {host: b}}, {name: c, ssh: {host: c}}]
`;
const steps = ['config', 'certs', 'deploy', 'monitor'].map((id) => fakeStep(id));

/** How a session ends: what failed in which step, and what is chosen then. */
type End = {
  status?: 'failed' | 'changed';
  readonly failed?: readonly string[];
  readonly change?: Failure['change'];
  readonly place?: Failure['place'];
  readonly at?: string;
  readonly after?: After;
  readonly left?: true;
};

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'again-'));
  writeFileSync(join(path, 'fl-network.yaml'), text, { mode: 0o640 });
  return path;
}

async function sessions(
  ends: readonly End[],
  more: { only?: readonly string[]; editor?: string; typed?: string; watches?: true } = {},
) {
  const cwd = folder();
  const [stdin, stderr] = [new PassThrough(), new PassThrough()];
  stdin.end(more.typed ?? '');
  const io = {
    cwd,
    stdin,
    stdout: {},
    stderr,
    env: { EDITOR: more.editor },
    signal: new AbortController().signal,
    interrupt: () => undefined,
  } as unknown as Io;
  const common = { parallel: 1, ...(more.only ? { only: more.only } : {}) };
  const call: Call = { command: 'wizard', common, options: {}, version: '0', io };
  const begun: [only: readonly string[] | undefined, steps: string][] = [];
  const anew: (boolean | undefined)[] = [];
  const clients: string[] = [];
  const stands: string[] = [];
  const left = [...ends];
  const { exitCode, toSteps } = await untilLeft(
    call,
    more.watches ? steps.slice(-1) : steps,
    async (limited, { network }, listed, known): Promise<SessionResult> => {
      stands.push(known.map((each) => each.stands).join(' '));
      anew.push(limited.options.new);
      begun.push([limited.common.only, listed.map(({ id }) => id).join(' ')]);
      clients.push(network.clients.map(({ name }) => name).join(''));
      const { failed = [], at = 'deploy', status = 'failed', after, change, place, left: gone } = left.shift() ?? {};
      const failures = failed.map((host) => ({
        ...trouble(4, host),
        ...(change ? { change } : {}),
        ...(place ? { place } : {}),
      }));
      const step = { id: at, title: at, status, actions: [], checks: [], failures };
      const view = { ...emptyView, steps: [step], current: at };
      return {
        exitCode: failed.length > 0 ? 4 : 0,
        view,
        ...(after ? { after } : {}),
        ...(gone ? { left: gone } : {}),
      };
    },
    visitOf(unseen(steps)),
    steps,
  );
  return { begun, stands, anew, exitCode, toSteps, clients, cwd, said: String(stderr.read() ?? '') };
}

const whole = 'config certs deploy monitor';

describe('after trouble', () => {
  it('what the session before has seen is known to the next one', async () => {
    const { stands } = await sessions([{ failed: ['b'], after: 'again' }, {}]);
    expect(stands).toEqual(['unseen unseen unseen unseen', 'unseen unseen failed unseen']);
  });

  it('nothing is begun again where somebody leaves, or all is well', async () => {
    expect(await sessions([{ failed: ['b'] }])).toMatchObject({ exitCode: 4, begun: [[undefined, whole]] });
    expect(await sessions([{}])).toMatchObject({ exitCode: 0, begun: [[undefined, whole]] });
  });

  it('who leaves the live table of the failed hosts alone has left, and no other session begins', async () => {
    const { begun } = await sessions([{ failed: ['b'], at: 'monitor', after: 'failed' }, { left: true }, {}]);
    expect(begun.map(([only]) => only)).toEqual([undefined, ['b']]);
  });

  it('somebody who goes to the steps begins nothing here', async () => {
    expect(await sessions([{ failed: ['b'], after: 'steps' }])).toMatchObject({ exitCode: 4, toSteps: true });
  });

  it('another run is begun once: what fails behind its launch is gone on with', async () => {
    const { anew, begun } = await sessions([
      { after: 'new' },
      { failed: ['b'], after: 'again' },
      { at: 'launch', status: 'changed', failed: ['b'], after: 'again' },
      {},
    ]);
    expect(anew).toEqual([undefined, true, true, undefined]);
    expect(begun.map(([, listed]) => listed)).toEqual([whole, whole, whole, whole]);
  });

  it('another run behind one that was only watched is begun by all steps', async () => {
    const { anew, begun } = await sessions([{ at: 'monitor', status: 'changed', after: 'new' }, {}], { watches: true });
    expect(begun.map(([, listed]) => listed)).toEqual(['monitor', whole]);
    expect(anew).toEqual([undefined, true]);
  });

  it('all is tried again', async () => {
    const { begun, exitCode } = await sessions([{ failed: ['b'], after: 'again' }, {}]);
    expect([exitCode, begun]).toEqual([
      0,
      [
        [undefined, whole],
        [undefined, whole],
      ],
    ]);
  });

  it('at the failed hosts alone, up to the step in which they failed; then all goes on', async () => {
    const { begun, exitCode } = await sessions([
      { failed: ['a', 'b'], after: 'failed' },
      { failed: ['b'], after: 'failed' },
      {},
      {},
    ]);
    expect(begun).toEqual([
      [undefined, whole],
      [['a', 'b'], 'config certs deploy'],
      [['b'], 'config certs deploy'],
      [undefined, whole],
    ]);
    expect(exitCode).toBe(0);
  });

  it('without them, and without those that fail then', async () => {
    const { begun } = await sessions([{ failed: ['b'], after: 'rest' }, { failed: ['c'], after: 'rest' }, {}], {
      only: ['server', 'a', 'b', 'c'],
    });
    expect(begun.map(([only]) => only)).toEqual([
      ['server', 'a', 'b', 'c'],
      ['server', 'a', 'c'],
      ['server', 'a'],
    ]);
  });
});

describe('another answer', () => {
  const edit = (editor: string, typed: string) => sessions([{ failed: ['b'], after: 'edit' }, {}], { editor, typed });
  const dropC = `sed -i 's/, {name: c, ssh: {host: c}}//'`;

  it('is saved once its consequences were seen and approved, with comments and mode kept', async () => {
    const { clients, said, cwd } = await edit(dropC, 'y\n');
    expect(said).toMatch(/out of date are:\n {2}- c: not let in any more/);
    expect(clients).toEqual(['abc', 'ab']);
    expect(readFileSync(join(cwd, 'fl-network.yaml'), 'utf8')).toBe(text.replace(', {name: c, ssh: {host: c}}', ''));
    expect(statSync(join(cwd, 'fl-network.yaml')).mode & 0o777).toBe(0o640);
    expect(readdirSync(cwd)).toEqual(['fl-network.yaml']);
  });

  it('that would end the trouble is written already, and saved once it was seen', async () => {
    const ends = [{ failed: ['b'], after: 'edit', change: { 'flower.port': 9192 } }, {}] as const;
    const { said, cwd } = await sessions(ends, { editor: 'true', typed: 'y\n' });
    expect(said).toMatch(/Written for you[^\n]*\n {2}flower\.port: 9192\nWith this, out of date are:/);
    expect(readFileSync(join(cwd, 'fl-network.yaml'), 'utf8')).toBe(`${text}flower:\n  port: 9192\n`);
    const left = await sessions(ends, { editor: 'true', typed: 'q\n' });
    expect(readFileSync(join(left.cwd, 'fl-network.yaml'), 'utf8')).toBe(text);
  });

  it('is none where the trouble names a file of the app’s: that is opened instead, at its line where the editor takes one', async () => {
    const place = { file: 'fl-network.yaml', line: 2 };
    const ends = [{ failed: ['b'], after: 'edit', place }, {}] as const;
    // What is edited is the file itself, and nothing is asked about it.
    const { clients, said, cwd } = await sessions(ends, { editor: dropC, typed: '' });
    expect([clients, said]).toEqual([['abc', 'ab'], '']);
    expect(readdirSync(cwd)).toEqual(['fl-network.yaml']);
    const vi = join(folder(), 'vi');
    writeFileSync(vi, '#!/bin/sh\nsed -i "s/# ours/# $1/" "$2"\n', { mode: 0o755 });
    const seen = await sessions(ends, { editor: vi });
    expect(readFileSync(join(seen.cwd, 'fl-network.yaml'), 'utf8')).toContain('# +2\n');
    // Who changes nothing has not asked for all once more.
    expect((await sessions(ends, { editor: 'true' })).toSteps).toBe(true);
  });

  it('is not saved where somebody leaves', async () => {
    const { clients, cwd } = await edit(dropC, 'q\n');
    // Nor is all begun once more: who left has not asked for it.
    expect(clients).toEqual(['abc']);
    expect(readdirSync(cwd)).toEqual(['fl-network.yaml']);
  });

  it('that can’t be read is never saved, and says where', async () => {
    const { clients, said } = await edit(`sed -i 's/version: 1/version: 7/'`, 'q\n');
    expect(said).toMatch(/fl-network\.yaml can’t be used like this, and nothing was saved:\n {2}2:\d+ version: /);
    expect(clients).toEqual(['abc']);
  });

  it('that is vi, since none is set, is said before it opens, with how one leaves it', async () => {
    const bin = mkdtempSync(join(tmpdir(), 'vi-'));
    writeFileSync(join(bin, 'vi'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
    const opened = (typed: string) => sessions([{ failed: ['b'], after: 'edit' }, {}], { typed });
    const back = await opened('\n');
    const { said } = await opened('y\nq\n');
    vi.unstubAllEnvs();
    // Who hears lines hears nothing of vi, and need not go there.
    expect(back.said).toMatch(
      /opens vi, which draws a screen and tells no lines\.\nSet EDITOR .*edit \S+fl-network\.yaml/,
    );
    expect([back.said.includes('saves it'), back.clients]).toEqual([false, ['abc']]);
    expect(said).toMatch(/:wq and enter, saves and leaves; .*:q!.*\ny opens vi, Enter leads back: $/);
  });

  it('that is none asks nothing; an editor that is not there is named', async () => {
    expect((await edit('true', '')).said).toBe('');
    const { said, cwd } = await edit('no-such-editor', '');
    expect(said).toMatch(/no-such-editor failed: there is no such editor\nTry set EDITOR.*\nenter goes on: /);
    expect(existsSync(join(cwd, '.fl-network.edit.yaml'))).toBe(false);
  });
});
