/** What to try about a host's key and its port is true of who is told it. */
import { expect, it } from 'vitest';
import { connectionError } from '../../source/ssh/explain.ts';
import { Refusals } from '../../source/ssh/host-key-refusal.ts';
import type { Progress } from '../../source/ssh/progress.ts';

it('who is there to be asked is asked again; who is not says it beforehand', () => {
  const refusals = new Refusals('hosp-b', 'hosp-b', 'ssh-ed25519', Buffer.from('key'));
  expect(refusals.unknown('', true).failure.hint).toMatch(
    /^compare .*, then\ntry again and say yes\nor use --accept-new-host-keys\nor write hostKey: /,
  );
  expect(refusals.unknown('').failure.hint).toMatch(/, then\nuse --accept-new-host-keys\nor write hostKey: /);
});

it.each([
  [true, 'check Port of this host in ~/.ssh/config, and that sshd runs on the host'],
  [false, 'check ssh.port in fl-network.yaml, and that sshd runs on the host'],
])('a port where nothing listens is looked for where it is said (from ~/.ssh/config: %j)', (fromConfig, hint) => {
  const target = {
    address: '10.0.0.11',
    port: 2222,
    user: 'me',
    identityFiles: [],
    identitiesOnly: false,
    proxyJump: [],
  };
  const progress = {
    name: 'hosp-b',
    host: 'hosp-b',
    target: { ...target, ...(fromConfig ? { portFromConfig: true } : {}) },
    stage: 'dialing',
    heard: Buffer.alloc(0),
  } as unknown as Progress;
  const error = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  expect(connectionError(progress, error).failure.hint).toBe(hint);
});
