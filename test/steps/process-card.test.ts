/** What is told of a client, in a check and on a card. */
import { describe, expect, it } from 'vitest';
import { causeOf, causesOf } from '../../source/commands/status.ts';
import { failureLines, failuresLines } from '../../source/headless/plain.ts';
import { exit, type Failure } from '../../source/plan/failure.ts';
import type { HostFacts } from '../../source/plan/host-facts.ts';
import { clientCheck } from '../../source/steps/process-card.ts';
import { failureCards } from '../../source/ui/failure-lines.ts';
import { network } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const [client] = network.clients;
if (!client) throw new Error('a client');
const trace = [
  '  File "/home/ubuntu/fl-wizard/xray/app/client.py", line 3, in fit',
  '    boom()',
  'ValueError: no data',
];
const check = (more: Partial<HostFacts>) => clientCheck(client, hostFacts('client1', more));

describe('a client', () => {
  it('that has failed says where in its code, and how to run it by hand', () => {
    const failed = check({ process: { state: 'failed', exitCode: 79, detail: 'client.py failed' }, trace });
    expect(failed).toMatchObject({ ok: false, exitCode: exit.remote, detail: 'client.py failed', said: trace });
    // A restart alone would run what lies there.
    expect(failed.hint).toContain('mended here: fl-wizard deploy, then launch');
    expect(failed.byHand).toBe(
      `fl-wizard ssh client1 -- sh -c 'cd / && exec "$@"' sh env PYTHONPATH=/home/ubuntu/fl-wizard/xray/runtime ` +
        '/home/ubuntu/fl-wizard/xray/python/bin/python -m fl_wizard_runtime run ' +
        '--config /home/ubuntu/fl-wizard/xray/client1.json',
    );
  });

  it('of another owner is run as the owner', () => {
    const owned = { ...client, remote: { ...client.remote, owner: 'fl' } };
    const { byHand } = clientCheck(owned, hostFacts('client1', { process: { state: 'refused' } }));
    expect(byHand).toContain('client1 -- sudo -n -H -u fl -- sh -c');
  });

  it('that lives fails nothing; what its code raised is a warning until it goes well again', () => {
    const process = { state: 'running' as const };
    expect(check({ process, client: { state: 'training' } })).toMatchObject({ ok: true, detail: 'training' });
    expect(check({ process, client: { state: 'connected' }, trace })).toMatchObject({
      ok: true,
      detail: 'connected; the last call of its code failed: ValueError: no data',
      hint: 'fl-wizard logs client1',
    });
  });

  it.each([
    ['ValueError: no data', ['ValueError: no data', 'second line: tried 2.00 GiB']],
    ['torch.OutOfMemoryError: CUDA', ['torch.OutOfMemoryError: CUDA', 'Tried: 2.00 GiB', '  of 8']],
    ['KeyboardInterrupt', ['KeyboardInterrupt']],
    ['SyntaxError: invalid syntax', ['  File "x.py", line 1', '    a b', '      ^', 'SyntaxError: invalid syntax']],
    ['of the message only its end is left', ['of the message only its end is left']],
  ])('names what its code raised: %s', (raised, lines) => {
    const said = check({ process: { state: 'running' }, trace: [...trace.slice(0, 2), ...lines] });
    expect(said.detail).toBe(`running; the last call of its code failed: ${raised}`);
  });

  const working = { process: { state: 'running' as const }, client: { state: 'training' } };
  const serving = (lost: Readonly<Record<string, { detail?: string }>>, state: 'running' | 'stopped' = 'running') =>
    hostFacts('server', {
      process: { state },
      server: { phase: 'fit', port: 9092, monitorPort: 9093, run: '1', lost },
    });
  const beside = (server: HostFacts, more: Partial<HostFacts> = working) =>
    clientCheck(client, hostFacts('client1', more), server);

  it('that the server has lost and that knows nothing of it hangs: a warning, with what ends that', () => {
    expect(beside(serving({ client1: { detail: 'no answer within 60 s' } }))).toMatchObject({
      ok: true,
      detail: 'the server has lost it: no answer within 60 s; itself it says training',
      hint: 'fl-wizard logs client1 tells more; fl-wizard restart client1 starts it again',
    });
  });

  it('is taken at its word where the server has lost another one, does not run, or it knows itself', () => {
    const retrying = { process: working.process, client: { state: 'retrying', detail: 'nothing listens' } };
    expect(beside(serving({ client2: {} })).detail).toBe('training');
    expect(beside(serving({ client1: {} }, 'stopped')).detail).toBe('training');
    expect(beside(serving({ client1: {} }), retrying).detail).toBe('nothing listens');
  });

  it('that tries in vain to reach the server is a warning: it goes on trying', () => {
    const retrying = { process: working.process, client: { state: 'retrying', detail: 'nothing listens' } };
    expect(check(retrying)).toMatchObject({
      ok: true,
      detail: 'nothing listens',
      hint: expect.stringContaining('preflight'),
    });
  });

  it('that loads its data has not begun, and one that crashes does not load', () => {
    const loads = { state: 'starting' as const, pid: 7 };
    expect(check({ process: loads })).toMatchObject({ ok: true, detail: expect.stringContaining('start_client yet') });
    expect(check({ process: { ...loads, restarts: 1 } }).detail).toBe('starting');
  });

  it('that has ended for good is started again by a command that is named', () => {
    expect(check({ process: { state: 'failed' } }).hint).toContain('fl-wizard restart client1 starts it again');
    expect(check({ process: { state: 'refused' } }).hint).toContain('once its certificate is right, fl-wizard restart');
  });
});

describe('the status of hosts', () => {
  it('says below the table why a process is not as it should be, and what to type', () => {
    const killed = 'it ended again and again, and systemd has given up: it ended with signal 9';
    const failed = hostFacts('client1', { process: { state: 'failed', detail: killed }, trace });
    expect(causeOf(client, failed, undefined)).toEqual([
      `client1: ${killed}; the last call of its code failed: ValueError: no data`,
      '  Try  fl-wizard logs client1 tells more; mended here: fl-wizard deploy, then launch; unchanged: fl-wizard restart client1',
    ]);
    const well = { state: 'running' as const };
    expect(causeOf(client, hostFacts('client1', { process: well, client: { state: 'training' } }), undefined)).toEqual(
      [],
    );
    expect(causeOf(client, undefined, undefined)).toEqual([]);
    const again = hostFacts('client1', {
      process: { ...well, restarts: 3, exitCode: 9 },
      client: { state: 'training' },
    });
    expect(causeOf(client, again, undefined)).toEqual(['client1: ended with exit code 9, started again']);
    const ended = hostFacts('server', { process: { state: 'failed', detail: 'ValueError: shapes' } });
    expect(causeOf(network.server, ended, ended)).toEqual([
      'server: ValueError: shapes',
      '  Try  fl-wizard logs server tells more; fl-wizard launch says how to go on',
    ]);
  });
});

describe('the status of a network whose server does not run', () => {
  const retrying = (name: string) =>
    hostFacts(name, { process: { state: 'running' }, client: { state: 'retrying', detail: 'nothing listens' } });
  const told = (process: HostFacts['process'], clients = [client], first = retrying('client1')) =>
    causesOf([network.server, ...clients], found({ server: hostFacts('server', { process }), client1: first }));

  it('says so once, and not what each client has found out about it', () => {
    expect(told({ state: 'stopped' })).toEqual([
      'The server does not run, and its clients try to reach it again and again',
      '  Try  fl-wizard launch',
    ]);
    expect(told({ state: 'failed', detail: 'ValueError: shapes' })).toEqual([
      'server: ValueError: shapes',
      '  Try  fl-wizard logs server tells more; fl-wizard launch says how to go on',
    ]);
  });

  it('takes each client at its word where the server serves, or where its trouble is another', () => {
    expect(told({ state: 'running' })).toEqual(['client1: nothing listens']);
    const failed = hostFacts('client1', { process: { state: 'failed', detail: 'no data' } });
    expect(told({ state: 'stopped' }, [client], failed)[0]).toBe('client1: no data');
    expect(told({ state: 'stopped' }, [])).toEqual([]);
  });
});

describe('a card', () => {
  const failure: Failure = {
    exitCode: exit.remote,
    host: 'client1',
    doing: 'Starting client1',
    why: 'client.py failed',
    hint: 'fl-wizard logs client1',
    said: [...trace, '\u001b[2Jgone'],
    byHand: 'fl-wizard ssh client1 -- true',
  };

  it('shows the code’s own words as they stand in its lines, and none of their escapes', () => {
    const lines = failureCards([failure], 80, 40).map((line) => line.map(({ text }) => text).join(''));
    expect(lines.join('\n')).toContain('     boom()');
    expect(lines.join('\n')).toContain('Run  fl-wizard ssh client1 -- true');
    expect(lines.join('\n')).not.toContain('\u001b');
    expect(new Set(lines.map(({ length }) => length)).size).toBeLessThanOrEqual(2);
  });

  it('is the same in lines, alone and among others', () => {
    for (const lines of [failureLines(failure), failuresLines([failure, { ...failure, host: 'client2' }])]) {
      expect(lines.join('\n')).toContain('    boom()');
      expect(lines.at(-1) === '  2 hosts failed.' ? lines.at(-2) : lines.at(-1)).toContain('Run  fl-wizard ssh');
      expect(lines.join('\n')).not.toContain('\u001b');
    }
  });
});
