import { describe, expect, it } from 'vitest';
import { shellLines } from '../../source/flower/shell.ts';
import type { Upload } from '../../source/plan/action.ts';

function uploaded(destination: string, ...files: readonly Upload[]): string {
  const context = { intermediates: '', configuration: 'certificate.conf', reach: () => ({ options: [], destination }) };
  return shellLines({ kind: 'upload', host: 'server', files, text: 'copy' }, context).join('\n');
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
});
