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
      refused('a server that has expired', 'client1'),
    ]);
    expect(lines.join('\n')).toContain('no certificate (3x)');
    // Whom clients must refuse is one line for all kinds, as long as they do.
    expect(lines.join('\n')).toMatch(/wrong servers \(2 kinds\) +refused/);
    expect(lines.join('\n')).not.toContain('TLS 1.2');
  });

  it('says what came of a try in a narrow terminal, too', () => {
    const own = (host: string) => refused(`${host}’s own Python`, host, { kind: 'accepted' });
    const proof = [refused('a name that is not on the allow-list', 'server'), own('client1'), own('client2')];
    const lines = proofLines(proof, 40, undefined).map((line) => line.map(({ text }) => text).join(''));
    for (const line of lines.slice(1)) {
      expect(line.length).toBeLessThanOrEqual(40);
      expect(line).toMatch(/ (refused|let in)$/);
    }
    expect(lines.join('\n')).toContain('own Python (2x)');
  });

  it('has one of its own for each that came out wrong', () => {
    const wrong = { ok: false, detail: 'let in as x' };
    const lines = textOf([
      refused('expired', 'server'),
      refused(limitedName('expired', 'TLS 1.2'), 'server', wrong),
      refused('a server of another CA', 'client1', wrong),
    ]);
    expect(lines.join('\n')).toMatch(/a server of another CA\s+WRONG: let in as x/);
    expect(lines.join('\n')).toMatch(/expired, with TLS 1\.2\s+WRONG: let in as x/);
  });
});
