import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../source/plan/failure.ts';
import { readLook, readState } from '../../source/world/look.ts';

const answer = {
  os: 'Linux 6.1',
  architecture: 'x86_64',
  user: 'ubuntu',
  python: '3.11.2',
  venv: true,
  now: 1000,
  diskFree: 1e9,
  paths: { home: '/h', certificates: '/c', environment: '/e', policy: '/h/policy' },
  sudo: 'works',
  port: { holder: 'nobody' },
  libc: 'glibc 2.36',
  environmentReady: false,
  openssl: true,
  files: { '/c/ca.crt': { mode: 0o644, owner: 'ubuntu', kind: 'file', sha256: 'ab' } },
  process: { state: 'running', pid: 7, exitCode: null, detail: null },
  runs: [{ run: '1', rounds: 3, done: 1, finished: false }],
};
const served = { phase: 'fit', host: '', port: 9092, monitorPort: 40_000, run: '1' };
const at = 1_000_000;

describe('a look', () => {
  it('is read, and null is absent', () => {
    const facts = readLook({ ...answer, server: served }, at, at);
    expect(facts).toMatchObject({ user: 'ubuntu', clockOffset: 0, server: served });
    expect(facts.process).toEqual({ state: 'running', pid: 7 });
    expect(facts).not.toHaveProperty('now');
  });

  it.each([
    ['within our two readings', 999_000, 1_001_000, 0],
    ['behind', 1_005_000, 1_006_000, -5],
    ['ahead', 990_000, 995_000, 5],
  ])('tells a clock that is %s', (_, asked, answered, offset) => {
    expect(readLook(answer, asked, answered).clockOffset).toBe(offset);
  });

  it('takes a state that is newer for none', () => {
    expect(readLook({ ...answer, process: { state: 'dancing' } }, at, at).process).toEqual({ state: 'none' });
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'hello'],
    ['no clock', { ...answer, now: 'noon' }],
    ['another kind of file', { ...answer, files: { '/x': { mode: 1, owner: 'a', kind: 'socket' } } }],
    ['a run that is a path', { ...answer, runs: [{ ...answer.runs[0], run: '../../etc' }] }],
    ['a server whose run is a path', { ...answer, server: { ...served, run: '..' } }],
    ['a server at no port', { ...answer, server: { ...served, monitorPort: 70_000 } }],
    ['another word for sudo', { ...answer, sudo: 'maybe' }],
  ])('of %s is a failure of the host (5), and no bug', (_, hostile) => {
    const call = () => readLook(hostile, at, at);
    expect(call).toThrow(UserError);
    expect(call).toThrow(/its answer can't be read/);
  });

  it('of anything is facts or a failure', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(answer)), fc.anything(), fc.anything(), (key, value, whole) => {
        for (const hostile of [{ ...answer, [key]: value }, whole])
          try {
            readLook(hostile, at, at);
            readState({ process: hostile, told: value }, 'server');
          } catch (error) {
            expect(error).toBeInstanceOf(UserError);
          }
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('a light look', () => {
  const process = { state: 'running' };
  it('tells a server that serves, by its own word', () => {
    expect(readState({ process, told: served }, 'server').server).toEqual(served);
    expect(readState({ process, told: {} }, 'server')).not.toHaveProperty('server');
    const notices = ['flower.rounds 5 holds; the script says 3'];
    expect(readState({ process, told: { ...served, notices } }, 'server').server).toEqual({ ...served, notices });
    expect(readState({ process, told: { ...served, notices: [1] } }, 'server').server).toMatchObject(served);
    // What a server said before it died is no sign of life.
    expect(readState({ process: { state: 'failed' }, told: served }, 'server')).not.toHaveProperty('server');
    expect(readState({ process, told: { ...served, run: '../x' } }, 'server')).not.toHaveProperty('server');
  });
  it('tells what a client says', () => {
    const told = { state: 'refused', detail: 'no certificate', more: 1 };
    expect(readState({ process, told }, 'client').client).toEqual({ state: 'refused', detail: 'no certificate' });
    expect(readState({ process, told: { state: 'idle', detail: null } }, 'client').client).toEqual({ state: 'idle' });
    expect(readState({ process, told: {} }, 'client')).not.toHaveProperty('client');
  });
  it('of anything else is a failure of the host', () => {
    expect(() => readState(undefined, 'client')).toThrow(UserError);
  });
});
