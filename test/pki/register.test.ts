import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseRegister,
  type RegisterEntry,
  registerHead,
  registerLine,
  registerState,
} from '../../source/pki/register.ts';
import { seed } from './helpers.ts';

const entry = (number: number, more: Partial<RegisterEntry> = {}): RegisterEntry => ({
  serial: `01${String(number).padStart(32, '0')}`,
  fingerprint: String(number).padStart(64, 'a'),
  name: `client${number}`,
  purpose: 'client',
  subject: `O=Müller, CN=client${number}`,
  notBefore: '2026-11-20T09:36:00.000Z',
  notAfter: '2028-11-19T09:41:00.000Z',
  ...more,
});
const entries = [1, 2, 3].map((number) => entry(number));
const revocation = { revoked: entry(2).serial, time: '2026-11-21T00:00:00.000Z' };
const whole = registerHead + entries.map(registerLine).join('') + registerLine(revocation);

describe('a register', () => {
  it('comes back as it was written', () => {
    expect(parseRegister(whole)).toEqual({ entries, revoked: [revocation], damaged: false });
  });

  it('counts a certificate once that was entered twice', () => {
    expect(parseRegister(whole + registerLine(entry(1))).entries).toEqual(entries);
  });

  it('cut at any byte is damaged or whole to its last line, and tells what can be read', () => {
    const bytes = Buffer.from(whole);
    for (let at = 0; at < bytes.length; at++) {
      const text = bytes.subarray(0, at).toString('utf8');
      const found = parseRegister(text);
      const lines = text.split('\n').length - 1;
      expect(found.damaged, `cut at ${at}`).toBe(lines === 0 || !text.endsWith('\n'));
      expect(found.entries.length).toBeGreaterThanOrEqual(Math.min(3, lines - 1));
      expect(found.entries).toEqual(entries.slice(0, found.entries.length));
    }
  });

  it('with any garbage in it never throws, and never invents an entry', () => {
    const property = fc.property(fc.string({ unit: 'binary' }), fc.nat(whole.length), (garbage, at) => {
      const { entries: found } = parseRegister(whole.slice(0, at) + garbage + whole.slice(at));
      for (const each of found) expect(entries.map(({ serial }) => serial)).toContain(each.serial);
    });
    fc.assert(property, { seed });
  });

  it.each(['', '{"register":2}\n', 'hello\n', `${registerHead}{"serial":"xyz"}\n`])('is not %j', (text) => {
    expect(parseRegister(text).damaged).toBe(true);
  });
});

describe('a certificate in it', () => {
  const now = new Date('2026-12-01T00:00:00Z');
  const one = entry(1);

  it.each([
    ['valid', one, [], [one.fingerprint], now],
    ['replaced', one, [], [], now],
    ['revoked', one, [one.serial], [one.fingerprint], now],
    ['expired', one, [], [one.fingerprint], new Date('2029-01-01T00:00:00Z')],
  ] as const)('is %s', (state, each, revoked, current, at) => {
    expect(registerState(each, new Set(revoked), new Set(current), at)).toBe(state);
  });
});
