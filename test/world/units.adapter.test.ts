/** What is done about units, by a real sh on a host that is a folder of this machine; its systemctl and loginctl note words. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { switchedLingering } from '../../source/flower/keeper.ts';
import type { Unit, UnitKind } from '../../source/flower/unit.ts';
import { type Failure, failureOf } from '../../source/plan/failure.ts';
import type { Doing } from '../../source/world/perform.ts';
import type { Remote } from '../../source/world/remote.ts';
import { installUnit, removeUnit, startUnit, stopUnit } from '../../source/world/units.ts';
import { network } from '../plan/fakes.ts';
import { scratch } from './child.ts';
import { runner } from './runner.ts';

const client1 = network.clients[0];
if (client1 === undefined) throw new Error('the network has no client');
const signal = new AbortController().signal;
const doing = (remote: Pick<Remote, 'run' | 'call'>) =>
  ({ network, remote, signal, report: { check: () => undefined } }) as unknown as Doing;

describe('lingering that was switched on for a unit', () => {
  const home = scratch();
  const unit = (name: string): Unit => ({ kind: 'user', name, path: join(home, '.config', 'systemd', 'user', name) });
  const [first, second] = [unit('fl-wizard-first-client1.service'), unit('fl-wizard-second-client1.service')];
  const told = () => readFileSync(join(home, 'told'), 'utf8');
  const bin = join(home, 'bin');
  mkdirSync(bin);
  for (const name of ['systemctl', 'loginctl']) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >>"$HOME/told"\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const host = runner(home, '022', `${bin}:${process.env.PATH}`);
  const here = doing({
    run: (_, words, { input = '' } = {}) => host.run(words, { input }),
    call: async () => undefined,
  });
  const remove = (which: Unit) => {
    const linger = switchedLingering(readFileSync(which.path, 'utf8'));
    return removeUnit({ kind: 'remove-unit', host: 'client1', unit: which, linger, text: '' }, here);
  };

  it('stays on for the other networks’ units, and goes with the last of them', async () => {
    const about = { kind: 'install-unit', host: 'client1', text: '' } as const;
    await installUnit(
      { ...about, unit: first, content: '[Unit]\n# Lingering was switched on for it.\n', linger: true },
      here,
    );
    await installUnit({ ...about, unit: second, content: '[Unit]\n', linger: false }, here);
    await remove(first);
    expect([existsSync(first.path), existsSync(second.path)]).toEqual([false, true]);
    expect(told()).not.toContain('disable-linger');
    await remove(second);
    expect(existsSync(dirname(second.path))).toBe(false);
    expect(told().trim().split('\n').at(-1)).toBe('loginctl disable-linger');
  });
});

describe('where sudo wants a password', () => {
  const name = 'fl-wizard-xray-client1.service';
  const unit = (kind: UnitKind): Unit => ({ kind, name, path: `/etc/systemd/system/${name}` });
  const says = (stderr: string) =>
    doing({ run: async () => ({ code: 1, stdout: '', stderr }), call: async () => undefined });
  const locked = says('sudo: a password is required\n');
  const about = { host: 'client1', text: '', unit: unit('system') } as const;
  const failure = async (work: Promise<void>): Promise<Failure> => {
    try {
      await work;
    } catch (error) {
      return failureOf(error, 'Trying');
    }
    throw new Error('nothing failed');
  };

  it('what is said is what helps: sudo without one, or what to type there', async () => {
    const start = { ...about, kind: 'start', config: '/home/ubuntu/n/client1.json' } as const;
    const found = await Promise.all([
      failure(stopUnit(locked.remote, client1, unit('system'), 'Stopping', signal)),
      failure(removeUnit({ ...about, kind: 'remove-unit', linger: false }, locked)),
      failure(startUnit({ ...start, unit: { ...unit('system'), content: '', systemd: '252' } }, locked)),
      failure(installUnit({ ...about, kind: 'install-unit', content: '', linger: false }, locked)),
    ]);
    const all = 'let ubuntu use sudo on client1 without a password (NOPASSWD: ALL)';
    const stop = `sudo systemctl disable --now ${name}`;
    expect(found.map(({ hint }) => hint)).toEqual([
      `${all}, or type there: ${stop}`,
      `${all}, or type there: ${stop}; sudo rm /etc/systemd/system/${name}; sudo systemctl daemon-reload`,
      `${all}, or type there: sudo systemctl enable --now ${name}`,
      all,
    ]);
  });

  it('and only there: other trouble is systemd’s to tell', async () => {
    const other = says('Failed to stop it\n');
    const hints = (['system', 'user'] as const).map(
      async (kind) => (await failure(stopUnit(other.remote, client1, unit(kind), 'Stopping', signal))).hint,
    );
    expect(await Promise.all(hints)).toEqual([
      `sudo systemctl status ${name}, on that host`,
      `systemctl --user status ${name}, on that host`,
    ]);
  });
});
