/** What is done about units, by a real sh on a host that is a folder of this machine; its systemctl and loginctl note words. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { switchedLingering } from '../../source/flower/keeper.ts';
import type { Unit } from '../../source/flower/unit.ts';
import type { Doing } from '../../source/world/perform.ts';
import type { Remote } from '../../source/world/remote.ts';
import { installUnit, removeUnit } from '../../source/world/units.ts';
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
