/**
 * What the real agent says of units on a host that is a folder of this machine; test/e2e/guests has hosts with systemd. A
 * unit's script is run by a real shell, with a systemctl that writes down what it is asked.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unitName } from '../../source/flower/unit.ts';
import { unitWords } from '../../source/flower/unit-shell.ts';
import type { Member } from '../../source/network/network.ts';
import { readState } from '../../source/world/look.ts';
import { servicesOf } from '../../source/world/services.ts';
import { network } from '../plan/fakes.ts';
import { scratch } from './child.ts';
import { remoteAt } from './here.ts';

const top = scratch();
const client1 = network.clients[0] as Member;
const unit = unitName(network, client1);
const booted = existsSync('/run/systemd/system');
const signal = new AbortController().signal;

let number = 0;
function host() {
  const home = join(top, String(++number));
  mkdirSync(join(home, 'n', 'state'), { recursive: true });
  const remote = remoteAt(home);
  const state = async () =>
    readState(
      await remote.call(client1, { verb: 'state', home: join(home, 'n'), name: 'client1', unit }, 'Looking'),
      'client',
    );
  return { home, remote, state };
}

describe('what could keep a process', () => {
  it.skipIf(booted)('is nothing of systemd where none was booted', async () => {
    const { home, remote } = host();
    expect(await servicesOf(remote, network, client1, signal)).toMatchObject({
      root: 'no',
      user: false,
      linger: 'no',
      ownerHome: home,
    });
  });

  it.skipIf(booted)(
    'is a unit that is there, although systemd does not answer; what it leaves out is told',
    async () => {
      const { home, state } = host();
      expect((await state()).process).toEqual({ state: 'none' });
      const folder = join(home, '.config', 'systemd', 'user');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, unit), '[Service]\n# Left out: PrivateDevices=yes (systemd 252 could not)\n');
      expect((await state()).process).toEqual({
        state: 'none',
        detail: 'systemd does not answer',
        unit: {
          kind: 'user',
          name: unit,
          path: join(folder, unit),
          omitted: ['PrivateDevices=yes (systemd 252 could not)'],
        },
      });
    },
  );

  it('has forgotten what the process before it said', async () => {
    const { home, remote } = host();
    const told = join(home, 'n', 'state', 'client1.json');
    writeFileSync(told, '{"state": "left"}');
    const forget = () => remote.call(client1, { verb: 'forget', home: join(home, 'n'), name: 'client1' }, 'Starting');
    await forget();
    expect(existsSync(told)).toBe(false);
    await forget();
  });
});

describe('the scripts of a unit', () => {
  /** Runs one as sh does there; `systemctl` and `loginctl` are noted, and fail where `fails` says so. */
  function run(script: Parameters<typeof unitWords>[1], { input = '', fails = '' } = {}) {
    const home = join(top, String(++number), "a b'c");
    const [bin, log] = [join(home, 'bin'), join(home, 'log')];
    mkdirSync(bin, { recursive: true });
    for (const name of ['systemctl', 'loginctl']) {
      writeFileSync(
        join(bin, name),
        `#!/bin/sh\necho "${name} $*" >>"$LOG"\ncase "$*" in *ExecMainStatus*) echo 226;; esac\n` +
          `[ -n "$FAILS" ] && case "$*" in *"$FAILS"*) exit 1;; esac\nexit 0\n`,
      );
      chmodSync(join(bin, name), 0o755);
    }
    const path = join(home, '.config', 'systemd', 'user', unit);
    const [program = '', ...words] = unitWords({ kind: 'user', name: unit, path }, script);
    const done = (given = input) =>
      spawnSync(program, words, {
        input: given,
        encoding: 'utf8',
        env: { PATH: `${bin}:${process.env.PATH}`, HOME: home, LOG: log, FAILS: fails },
      });
    const asked = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
    return { path, home, done, asked };
  }

  it('put it in its place whole, and have systemd read it', () => {
    const { path, done, asked } = run('install', { input: '[Unit]\n' });
    expect(done().status).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe('[Unit]\n');
    expect(existsSync(`${path}.new`)).toBe(false);
    expect(asked()).toEqual(['systemctl --user daemon-reload']);
  });

  it('tell why systemd could not start it, and leave nothing that starts again and again', () => {
    const { done, asked } = run('start', { fails: `start ${unit}` });
    const { status, stdout } = done();
    expect([status, stdout.trim()]).toEqual([1, '226']);
    expect(asked().at(-1)).toBe(`systemctl --user stop ${unit}`);
    const well = run('start');
    expect(well.done().status).toBe(0);
    expect(well.asked().slice(-2)).toEqual([
      `systemctl --user enable --quiet ${unit}`,
      `systemctl --user start ${unit}`,
    ]);
  });

  it('remove it with the folders that held nothing else', () => {
    const { path, home, done } = run('remove');
    mkdirSync(join(path, '..', 'default.target.wants'), { recursive: true });
    for (const each of [path, `${path}.new`]) writeFileSync(each, '');
    expect(done().status).toBe(0);
    expect(existsSync(join(home, '.config'))).toBe(false);
    mkdirSync(join(path, '..'), { recursive: true });
    for (const each of [path, join(path, '..', 'mine.service')]) writeFileSync(each, '');
    expect(done().status).toBe(0);
    expect([existsSync(path), existsSync(join(path, '..', 'mine.service'))]).toEqual([false, true]);
  });

  it('leave lingering on as long as another unit of ours lives by it', () => {
    const { path, done, asked } = run('noLinger');
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(join(path, '..', 'fl-wizard-other-server.service'), '');
    expect(done().status).toBe(0);
    expect(asked()).toEqual([]);
    const alone = run('noLinger');
    expect(alone.done().status).toBe(0);
    expect(alone.asked()).toEqual(['loginctl disable-linger']);
  });

  it('hand on that lingering was switched on for them, so that the last of ours switches it off', () => {
    const { path, done } = run('passOn');
    expect(done().status).toBe(0);
    const [folder, mark] = [join(path, '..'), '# Lingering was switched on for it.\n'];
    mkdirSync(folder, { recursive: true });
    const texts = {
      [unit]: `[Unit]\n${mark}`,
      'fl-wizard-other-client1.service': '[Unit]\n',
      'fl-wizard-third-client1.service': `[Unit]\n${mark}`,
      'fl-wizard-other-client1.service.new': '[Unit]\n',
      'mine.service': '[Unit]\n',
    };
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
    expect([done().status, done().status]).toEqual([0, 0]);
    const now = Object.keys(texts).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
    expect(Object.fromEntries(now)).toEqual({ ...texts, 'fl-wizard-other-client1.service': `[Unit]\n${mark}` });
  });
});
