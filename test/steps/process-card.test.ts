/** What is told of a client, in a check and on a card. */
import { describe, expect, it } from 'vitest';
import { failureLines, failuresLines } from '../../source/headless/plain.ts';
import { exit, type Failure } from '../../source/plan/failure.ts';
import type { HostFacts } from '../../source/plan/world.ts';
import { clientCheck } from '../../source/steps/process-card.ts';
import { failureCards } from '../../source/ui/failure-lines.ts';
import { network } from '../plan/fakes.ts';
import { hostFacts } from './facts.ts';

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
