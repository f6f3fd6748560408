import { createHmac, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blobType,
  fingerprint,
  knownHostsLine,
  lookUp,
  parseKnownHosts,
  preferredAlgorithms,
} from '../../source/ssh/known-hosts.ts';

/** A blob that is a key by its type alone; nothing here checks points on curves. */
function key(type = 'ssh-ed25519'): { blob: Buffer; line: string; type: string } {
  const field = (bytes: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  const blob = Buffer.concat([field(Buffer.from(type)), field(randomBytes(32))]);
  return { blob, type, line: `${type} ${blob.toString('base64')}` };
}
const one = key();
const two = key();
const rsa = key('ssh-rsa');
const ask = (text: string, address: string, port: number, { blob, type } = one) =>
  lookUp([parseKnownHosts(text)], address, port, type, blob);

describe('lookUp', () => {
  it.each([
    ['the plain name', 'a.example', 22],
    ['another port', '[a.example]:2222', 2222],
    ['a list', 'b,a.example,10.0.0.1', 22],
    ['wildcards', '*.exam?le', 22],
    ['wildcards and a port', '[*.example]:2222', 2222],
    ['another case', 'A.Example', 22],
  ])('knows a host by %s', (_, field, port) => {
    expect(ask(`${field} ${one.line} me@here`, 'a.example', port)).toBe('known');
  });

  it('compares names without their case', () => {
    expect(ask(`a.example ${one.line}`, 'A.EXAMPLE', 22)).toBe('known');
  });

  it('finds a host on another port by its plain name too, but only with the same key', () => {
    expect(ask(`a ${one.line}`, 'a', 2222)).toBe('known');
    expect(ask(`a ${two.line}`, 'a', 2222)).toBe('unknown');
  });

  it('never finds the plain host by a name with a port', () => {
    expect(ask(`[a]:2222 ${one.line}`, 'a', 22)).toBe('unknown');
  });

  it('lets a negated pattern rule the line out', () => {
    expect(ask(`*.example,!a.example ${one.line}`, 'a.example', 22)).toBe('unknown');
    expect(ask(`*.example,!a.example ${one.line}`, 'b.example', 22)).toBe('known');
    expect(ask(`!b.example ${one.line}`, 'a.example', 22)).toBe('unknown');
  });

  it('takes characters of regular expressions for themselves', () => {
    expect(ask(`a.example ${one.line}`, 'aXexample', 22)).toBe('unknown');
    expect(ask(`(a|b)+ ${one.line}`, 'a', 22)).toBe('unknown');
  });

  it('reads hashed names', () => {
    const salt = randomBytes(20);
    const hash = (name: string) => createHmac('sha1', salt).update(name).digest('base64');
    const line = (name: string) => `|1|${salt.toString('base64')}|${hash(name)} ${one.line}`;
    expect(ask(line('a'), 'A', 22)).toBe('known');
    expect(ask(line('[a]:2222'), 'a', 2222)).toBe('known');
    expect(ask(line('a'), 'b', 22)).toBe('unknown');
    expect(ask(`|1|broken ${one.line}`, 'a', 22)).toBe('unknown');
  });

  it('reports a changed key with every fingerprint that was expected, of whatever type', () => {
    const text = `a ${two.line}\na ${rsa.line}\na ${two.line}\n`;
    expect(ask(text, 'a', 22)).toEqual({ changed: [fingerprint(two.blob), fingerprint(rsa.blob)] });
  });

  it('is content with one of several known keys, in any of several files', () => {
    expect(ask(`a ${rsa.line}\na ${two.line}\na ${one.line}`, 'a', 22)).toBe('known');
    const files = [parseKnownHosts(`a ${two.line}`), parseKnownHosts(`a ${one.line}`)];
    expect(lookUp(files, 'a', 22, one.type, one.blob)).toBe('known');
  });

  it('refuses a revoked key even where it is known', () => {
    expect(ask(`a ${one.line}\n@revoked * ${one.line}`, 'a', 22)).toBe('revoked');
    expect(ask(`a ${one.line}\n@revoked * ${one.line}`, 'a', 2222)).toBe('revoked');
    expect(ask(`a ${one.line}\n@revoked * ${two.line}`, 'a', 22)).toBe('known');
  });

  it('takes nothing from @cert-authority, as host certificates are not supported', () => {
    expect(ask(`@cert-authority * ${one.line}`, 'a', 22)).toBe('unknown');
    expect(ask(`@cert-authority * ${two.line}\na ${one.line}`, 'a', 22)).toBe('known');
  });
});

describe('parseKnownHosts', () => {
  it.each([
    ['a comment', `# a ${one.line}`],
    ['an unknown marker', `@trusted a ${one.line}`],
    ['a key that is cut short', `a ${one.line.slice(0, 20)}`],
    ['a key of another type than it says', `a ssh-rsa ${one.blob.toString('base64')}`],
    ['no key', 'a'],
    ['SSH 1', 'a 1024 35 1234567890'],
  ])('skips %s', (_, line) => {
    expect(ask(line, 'a', 22)).toBe('unknown');
  });

  it('reads CRLF, tabs and blanks before a line', () => {
    expect(ask(`\r\n \ta\t${one.line.replace(' ', '\t')}\r\n`, 'a', 22)).toBe('known');
  });

  it('survives any text', () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => Array.isArray(parseKnownHosts(text))));
  });
});

describe('knownHostsLine', () => {
  it('is read back', () => {
    for (const port of [22, 2222]) {
      expect(ask(knownHostsLine('Host.Example', port, one.blob), 'host.example', port)).toBe('known');
      expect(ask(knownHostsLine('2001:db8::1', port, one.blob), '2001:db8::1', port)).toBe('known');
    }
  });
});

describe('preferredAlgorithms', () => {
  it('asks for small keys first of an unknown host', () => {
    expect(preferredAlgorithms([], 'a', 22)[0]).toBe('ssh-ed25519');
    expect(preferredAlgorithms([], 'a', 22).at(-1)).toBe('ssh-rsa');
  });

  it('asks for the types that are known first, RSA without SHA-1 before RSA with it', () => {
    const files = [parseKnownHosts(`a ${rsa.line}`)];
    expect(preferredAlgorithms(files, 'a', 22).slice(0, 4)).toEqual([
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ssh-rsa',
      'ssh-ed25519',
    ]);
    expect(preferredAlgorithms(files, 'a', 2222)[0]).toBe('rsa-sha2-512');
    expect(preferredAlgorithms(files, 'b', 22)[0]).toBe('ssh-ed25519');
  });

  it('loses and doubles none', () => {
    const list = preferredAlgorithms([parseKnownHosts(`a ${key('ecdsa-sha2-nistp384').line}`)], 'a', 22);
    expect(new Set(list).size).toBe(7);
    expect(list).toHaveLength(7);
  });
});

describe('blobType', () => {
  it('is undefined for what is no key', () => {
    for (const bytes of [[], [0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 9, 65], [255, 255, 255, 255, 65]]) {
      expect(blobType(Buffer.from(bytes))).toBeUndefined();
    }
  });
});
