import { describe, expect, it } from 'vitest';
import { shellLines } from '../../source/flower/shell.ts';
import type { Upload } from '../../source/plan/action.ts';

const contextOf = (destination: string) => ({
  intermediates: '',
  configuration: 'certificate.conf',
  reach: () => ({ options: [], destination }),
});

function uploaded(destination: string, ...files: readonly Upload[]): string {
  return shellLines({ kind: 'upload', host: 'server', files, text: 'copy' }, contextOf(destination)).join('\n');
}

describe('the lines of an upload', () => {
  it.each([
    ['fl@192.0.2.1', 'fl@192.0.2.1:/srv/'],
    ['fl@2001:db8::7', "'fl@[2001:db8::7]:/srv/'"],
  ])('name the host as scp reads it: %s', (destination, target) => {
    expect(uploaded(destination, { from: { file: '/ca.crt' }, to: '/srv/ca.crt', mode: 0o644 })).toContain(
      `scp /ca.crt ${target}`,
    );
  });

  it.each(['hunter2', '}hunter2', '"}hunter2', '\\"}hunter2', 'hunter2"}, "a": {"b'])(
    'keep a value to itself: %j',
    (value) => {
      const text = `${JSON.stringify({ env: { FIRST: value, SECOND: value }, args: ['shown'] }, undefined, 2)}\n`;
      const lines = uploaded('fl@192.0.2.1', { from: { text }, to: '/srv/process.json', mode: 0o600 });
      expect(lines).not.toContain('hunter2');
      for (const word of ['"FIRST": "…"', '"SECOND": "…"', 'shown']) expect(lines).toContain(word);
    },
  );

  it('say so where values were left out of them', () => {
    const file = (env: object) => ({
      from: { text: `${JSON.stringify({ env }, undefined, 2)}\n` },
      to: '/p',
      mode: 0o600,
    });
    expect(uploaded('fl@h', file({ A: 'hunter2' }))).toMatch(/^# values of env are left out here/);
    expect(uploaded('fl@h', file({}))).not.toContain('left out');
  });

  it('on a screen tell in words what only our own programs read, and show what a shell takes', () => {
    const text = `${JSON.stringify({ version: 1, name: 'client1' }, undefined, 2)}\n`;
    const files = [
      { from: { text }, to: '/srv/client1.json', mode: 0o600 },
      { from: { text: 'export A=1\n' }, to: '/srv/env.sh', mode: 0o600 },
    ];
    const context = { ...contextOf('fl@h'), brief: true };
    const lines = shellLines({ kind: 'upload', host: 'client1', files, text: 'copy' }, context);
    expect(lines[0]).toBe('# /srv/client1.json: fl-wizard writes it itself, 4 lines of JSON');
    expect(lines[1]).toMatch(/^ssh fl@h .*cat > \/srv\/env\.sh.*<<'END'\nexport A=1\nEND$/);
  });
});

it('what no shell does is said to be done by fl-wizard itself', () => {
  const action = { kind: 'await-server', host: 'server', seconds: 60, text: 'wait until it serves' } as const;
  expect(shellLines(action, contextOf('fl@h'))).toEqual(['# fl-wizard itself: wait until it serves']);
});
