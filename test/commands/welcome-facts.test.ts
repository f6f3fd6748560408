/** What the first screen says of a folder in which somebody was killed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Call, Io } from '../../source/commands/context.ts';
import { asLeft } from '../../source/commands/guide.ts';
import { welcomeFacts } from '../../source/commands/welcome-facts.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const text = `version: 1
name: xray
server: {address: fl.example.org, ssh: {host: s}}
clients: [{name: a, ssh: {host: a}}]
`;

const noteOf = async (lock: object | undefined, alive = false) => (await welcomeFacts(folderWith(lock, alive))).note;

function folderWith(lock: object | undefined, alive = false): Call {
  const cwd = mkdtempSync(join(tmpdir(), 'flw-welcome-'));
  folders.push(cwd);
  writeFileSync(join(cwd, 'fl-network.yaml'), text);
  mkdirSync(join(cwd, '.fl-wizard'));
  const holder = { pid: 7, started: '', host: hostname(), time: new Date(Date.now() - 5 * 60_000).toISOString() };
  if (lock) writeFileSync(join(cwd, '.fl-wizard', 'lock'), JSON.stringify({ ...holder, command: 'wizard', ...lock }));
  const io = { cwd, home: cwd, env: {}, processes: { pid: 1, alive: () => alive } } as unknown as Io;
  return { command: 'wizard', common: { parallel: 1 }, options: {}, version: '0', io };
}

it('who was killed at the plan of another run goes on with that plan', async () => {
  const left = { asked: 'launch', another: true };
  expect((await asLeft(folderWith(left))).options).toEqual({ new: true });
  expect((await asLeft(folderWith({ asked: 'launch' }))).options).toEqual({});
  expect((await asLeft(folderWith(left, true))).options).toEqual({});
});

const doing = (step: string) => ({ step, time: new Date(Date.now() - 3 * 60_000).toISOString() });

it.each<[string, object | undefined, string | undefined]>([
  ['nobody was killed', undefined, undefined],
  [
    'in deploy',
    { doing: doing('deploy') },
    'deploy was interrupted 3 min ago: the process that did it is gone. What was done stays; Go on looks at it and does the rest.',
  ],
  [
    'in what takes the network down',
    { command: 'down', doing: doing('purge') },
    'purge was interrupted 3 min ago: the process that did it is gone. What was done stays; fl-wizard down does the rest.',
  ],
  [
    'at a plan',
    { asked: 'deploy', done: 'certs' },
    'fl-wizard was cut off 5 min ago at the plan of deploy, of which nothing was done yet; certs was done.',
  ],
  [
    'at the first plan',
    { asked: 'certs' },
    'fl-wizard was cut off 5 min ago at the plan of certs, of which nothing was done yet.',
  ],
  [
    'between two steps',
    { done: 'certs' },
    'fl-wizard was cut off 5 min ago after certs, before the next step was begun.',
  ],
  ['in words of no plan', { asked: 7 }, undefined],
  ['before any plan of up', { command: 'up', time: 'garbage' }, 'fl-wizard up was cut off before any step was begun.'],
  // Of another machine nobody can tell whether it lives.
  ['elsewhere', { host: 'elsewhere.example.org' }, undefined],
  ['in words of no lock', { doing: { step: 1 } }, undefined],
])('who was killed %s is told by the lock that was left', async (_, lock, note) => {
  expect(await noteOf(lock)).toBe(note);
});

it('of one that is at work nothing is said', async () => {
  expect(await noteOf({ doing: doing('deploy') }, true)).toBeUndefined();
});

it('what a network can be started from is told first', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'flw-welcome-'));
  folders.push(cwd);
  writeFileSync(join(cwd, 'hosts.ini'), '[server]\nfl-server\n[clients]\nhosp-a\nhosp-b\n');
  const io = { cwd, home: cwd, env: {}, processes: { pid: 1, alive: () => false } } as unknown as Io;
  const call: Call = { command: 'wizard', common: { parallel: 1 }, options: {}, version: '0', io };
  expect((await welcomeFacts(call)).found[0]).toEqual(['here', '3 hosts in hosts.ini, no fl-network.yaml']);
});
