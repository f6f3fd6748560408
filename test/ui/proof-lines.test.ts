import { describe, expect, it } from 'vitest';
import type { Check } from '../../source/plan/event.ts';
import { limitedName } from '../../source/plan/proof.ts';
import { proofLines } from '../../source/ui/proof-lines.ts';

const refused = (name: string, host?: string, more: Partial<Check> = {}): Check => ({
  name,
  ...(host ? { host } : {}),
  kind: 'refused',
  ok: true,
  detail: 'refused: closed',
  ...more,
});
const textOf = (proof: readonly Check[]) =>
  proofLines(proof, 80, undefined).map((line) => line.map(({ text }) => text).join(''));

describe('the proof on a screen', () => {
  it('has one line for a case, however often it was tried, from wherever, and with whatever TLS', () => {
    const name = 'no certificate';
    const lines = textOf([
      refused(name, 'server'),
      refused(name, 'client1'),
      refused(limitedName(name, 'TLS 1.2'), 'server'),
      refused('a server of another CA'),
      refused('a server of another CA', 'client1'),
    ]);
    expect(lines.join('\n')).toContain('no certificate (3x)');
    expect(lines.join('\n')).toContain('a server of another CA (2x)');
    expect(lines.join('\n')).not.toContain('TLS 1.2');
  });

  it('has one of its own for each that came out wrong', () => {
    const wrong = { ok: false, detail: 'let in as x' };
    const lines = textOf([refused('expired', 'server'), refused(limitedName('expired', 'TLS 1.2'), 'server', wrong)]);
    expect(lines.join('\n')).toMatch(/expired, with TLS 1\.2\s+WRONG: let in as x/);
  });
});
