import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostNames } from '../../source/ssh/host-key.ts';
import { preferredAlgorithms } from '../../source/ssh/host-key-algorithms.ts';
import { lookUp, type Verdict } from '../../source/ssh/key-lookup.ts';
import { blobType, findKeys, isPlainName, knownHostsLine, parseKnownHosts } from '../../source/ssh/known-hosts.ts';
import { matchesPattern } from '../../source/ssh/name-matcher.ts';
import { hashed } from './hashed.ts';
import { certify, makeKey, type TestKey } from './made-keys.ts';

const one = makeKey();
const two = makeKey();
const rsa = makeKey('ssh-rsa');
const find = (texts: readonly string[], address: string, port: number) =>
  findKeys(
    texts.map((text, index) => parseKnownHosts(text, `file${index}`)),
    hostNames({ address, port }),
  );
const ask = async (text: string, address: string, port: number, key: TestKey = one): Promise<Verdict> =>
  lookUp(await find([text], address, port), key.blob);
const revokedAt = (place: string) => ({ revoked: expect.objectContaining({ place }) });

describe('lookUp', () => {
  it.each([
    ['the plain name', 'a.example', 22],
    ['another port', '[a.example]:2222', 2222],
    ['a list', 'b,a.example,10.0.0.1', 22],
    ['wildcards', '*.exam?le', 22],
    ['wildcards and a port', '[*.example]:2222', 2222],
    ['another case', 'A.Example', 22],
  ])('knows a host by %s', async (_, field, port) => {
    await expect(ask(`${field} ${one.line} me@here`, 'a.example', port)).resolves.toBe('known');
  });

  it('compares names without their case', async () => {
    await expect(ask(`a.example ${one.line}`, 'A.EXAMPLE', 22)).resolves.toBe('known');
  });

  it('finds a host on another port by its plain name too, but only with the same key', async () => {
    await expect(ask(`a ${one.line}`, 'a', 2222)).resolves.toBe('known');
    await expect(ask(`a ${two.line}`, 'a', 2222)).resolves.toBe('unknown');
  });

  it('never finds the plain host by a name with a port', async () => {
    await expect(ask(`[a]:2222 ${one.line}`, 'a', 22)).resolves.toBe('unknown');
  });

  it('lets a negated pattern rule the line out', async () => {
    await expect(ask(`*.example,!a.example ${one.line}`, 'a.example', 22)).resolves.toBe('unknown');
    await expect(ask(`*.example,!a.example ${one.line}`, 'b.example', 22)).resolves.toBe('known');
    await expect(ask(`!b.example ${one.line}`, 'a.example', 22)).resolves.toBe('unknown');
  });

  it('takes characters of regular expressions for themselves', async () => {
    await expect(ask(`a.example ${one.line}`, 'aXexample', 22)).resolves.toBe('unknown');
    await expect(ask(`(a|b)+ ${one.line}`, 'a', 22)).resolves.toBe('unknown');
  });

  it('reads hashed names', async () => {
    const line = (name: string) => `${hashed(name)} ${one.line}`;
    await expect(ask(line('a'), 'A', 22)).resolves.toBe('known');
    await expect(ask(line('[a]:2222'), 'a', 2222)).resolves.toBe('known');
    await expect(ask(line('a'), 'b', 22)).resolves.toBe('unknown');
    await expect(ask(`|1|broken ${one.line}`, 'a', 22)).resolves.toBe('unknown');
  });

  it('reports a changed key with every line that was expected, of whatever type', async () => {
    const text = `# mine\na ${two.line}\na ${rsa.line}\n\n`;
    await expect(ask(text, 'a', 22)).resolves.toMatchObject({
      changed: [
        { place: 'file0:2', blob: two.blob },
        { place: 'file0:3', blob: rsa.blob },
      ],
    });
  });

  it('is content with one of several known keys, in any of several files', async () => {
    await expect(ask(`a ${rsa.line}\na ${two.line}\na ${one.line}`, 'a', 22)).resolves.toBe('known');
    expect(lookUp(await find([`a ${two.line}`, `a ${one.line}`], 'a', 22), one.blob)).toBe('known');
  });

  it('refuses a revoked key even where it is known', async () => {
    await expect(ask(`a ${one.line}\n@revoked * ${one.line}`, 'a', 22)).resolves.toEqual(revokedAt('file0:2'));
    await expect(ask(`a ${one.line}\n@revoked * ${one.line}`, 'a', 2222)).resolves.toEqual(revokedAt('file0:2'));
    await expect(ask(`a ${one.line}\n@revoked * ${two.line}`, 'a', 22)).resolves.toBe('known');
    await expect(ask(`@revoked * ${certify(one, two).toString('base64')}`, 'a', 22)).resolves.toBe('unknown');
    const certificate = `ssh-ed25519-cert-v01@openssh.com ${certify(one, two).toString('base64')}`;
    await expect(ask(`@revoked * ${certificate}`, 'a', 22)).resolves.toEqual(revokedAt('file0:1'));
  });

  it("takes a CA's key for no key of a host", async () => {
    await expect(ask(`@cert-authority * ${one.line}`, 'a', 22)).resolves.toBe('unknown');
    await expect(ask(`@cert-authority * ${two.line}\na ${one.line}`, 'a', 22)).resolves.toBe('known');
  });

  it('asks for an alias without a port', async () => {
    expect(hostNames({ address: 'A', port: 2222, hostKeyAlias: 'My' })).toEqual({ own: 'my', certified: 'my' });
    expect(hostNames({ address: 'A', port: 2222 })).toEqual({ own: '[a]:2222', plain: 'a', certified: 'a' });
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
  ])('skips %s', async (_, line) => {
    await expect(ask(line, 'a', 22)).resolves.toBe('unknown');
  });

  it('reads CRLF, tabs and blanks before a line', async () => {
    await expect(ask(`\r\n \ta\t${one.line.replace(' ', '\t')}\r\n`, 'a', 22)).resolves.toBe('known');
  });

  it('survives any text', async () => {
    const part = fc.oneof(fc.string(), fc.constantFrom('@revoked', ' ', '\t', '\n', '|1|', '*', one.line, 'a'));
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
        const { own } = await find([parts.join('')], 'a', 22);
        expect(own.every(({ blob }) => blob.equals(one.blob))).toBe(true);
      }),
    );
  });
});

describe('a pattern', () => {
  it('matches what a regular expression of it matches', () => {
    const sign = fc.constantFrom('a', 'b', '*', '?', '.');
    const text = (from: fc.Arbitrary<string>) => fc.array(from, { maxLength: 8 }).map((signs) => signs.join(''));
    fc.assert(
      fc.property(text(fc.constantFrom('a', 'b', '.')), text(sign), (name, pattern) => {
        const source = pattern.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(matchesPattern(name, pattern)).toBe(new RegExp(`^${source}$`).test(name));
      }),
    );
  });

  it('of a thousand stars takes no time', () => {
    expect(matchesPattern('a'.repeat(255), `${'*a'.repeat(500)}b`)).toBe(false);
  });
});

describe('knownHostsLine', () => {
  it('is read back', async () => {
    for (const port of [22, 2222]) {
      await expect(ask(knownHostsLine('Host.Example', port, one.blob), 'host.example', port)).resolves.toBe('known');
      await expect(ask(knownHostsLine('2001:db8::1', port, one.blob), '2001:db8::1', port)).resolves.toBe('known');
    }
  });
});

describe('isPlainName', () => {
  it('lets no name into the file that is for other hosts too', () => {
    expect(['a', '10.0.0.1', '2001:db8::1', 'fe80::1%eth0'].filter((name) => !isPlainName(name))).toEqual([]);
    expect(['*', 'a,b', '!a', '|1|x|y', '@revoked', '#a', 'a b', '[a]:1', 'a\n*'].filter(isPlainName)).toEqual([]);
  });
});

describe('preferredAlgorithms', () => {
  const preferred = async (text: string, address = 'a', port = 22) =>
    preferredAlgorithms((await find([text], address, port)).own);

  it('asks for small keys first of an unknown host', async () => {
    expect((await preferred(''))[0]).toBe('ssh-ed25519');
    expect((await preferred('')).at(-1)).toBe('ssh-rsa');
  });

  it('asks for the types that are known first, RSA without SHA-1 before RSA with it', async () => {
    const first = ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa', 'ssh-ed25519'];
    expect((await preferred(`a ${rsa.line}`)).slice(0, 4)).toEqual(first);
    expect((await preferred(`a ${rsa.line}`, 'b'))[0]).toBe('ssh-ed25519');
    // So does OpenSSH: what is known of a plain name doesn't order what is asked for at a port.
    expect((await preferred(`a ${rsa.line}`, 'a', 2222))[0]).toBe('ssh-ed25519');
    expect((await preferred(`@cert-authority a ${rsa.line}`))[0]).toBe('ssh-ed25519');
  });

  it('loses and doubles none', async () => {
    const list = await preferred(`a ${makeKey('ecdsa-sha2-nistp384').line}`);
    expect(list[0]).toBe('ecdsa-sha2-nistp384');
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
