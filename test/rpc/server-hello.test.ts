import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greetingOf } from '../../source/rpc/server-hello.ts';

/** A ServerHello as RFC 8446, 4.1.3 draws it, in its record. */
function hello({ cipher, extensions = [], session = 32 }: { cipher: number; extensions?: number[]; session?: number }) {
  const u16 = (number: number) => [number >> 8, number & 0xff];
  const u24 = (number: number) => [number >> 16, ...u16(number & 0xffff)];
  const random = Array<number>(32).fill(7);
  const tail = extensions.length > 0 ? [...u16(extensions.length), ...extensions] : [];
  const body = [3, 3, ...random, session, ...Array<number>(session).fill(9), ...u16(cipher), 0, ...tail];
  const message = [2, ...u24(body.length), ...body];
  return Buffer.from([22, 3, 3, ...u16(message.length), ...message]);
}

const thirteen = [0, 51, 0, 2, 0, 29, 0, 43, 0, 2, 3, 4];

describe('the first bytes of a server', () => {
  it('tell version and cipher', () => {
    const tls = (bytes: Buffer) => greetingOf(bytes);
    expect(tls(hello({ cipher: 0x1302, extensions: thirteen }))).toEqual({
      kind: 'hello',
      tls: { version: 'TLS 1.3', cipher: 'TLS_AES_256_GCM_SHA384' },
    });
    expect(tls(hello({ cipher: 0xc02b, extensions: [0xff, 1, 0, 1, 0], session: 0 }))).toEqual({
      kind: 'hello',
      tls: { version: 'TLS 1.2', cipher: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256' },
    });
    expect(tls(hello({ cipher: 0x0035 }))).toEqual({ kind: 'hello', tls: { version: 'TLS 1.2', cipher: '0x0035' } });
  });

  it('tell an alert, and who speaks no TLS at all', () => {
    expect(greetingOf(Buffer.from([21, 3, 3, 0, 2, 2, 70]))).toEqual({ kind: 'alert', alert: 70 });
    for (const text of ['HTTP/1.1 400 Bad Request\r\n\r\n', 'SSH-2.0-OpenSSH_9.2\r\n', '\0\0\0\0'])
      expect(greetingOf(Buffer.from(text))).toEqual({ kind: 'other' });
    expect(greetingOf(Buffer.alloc(0))).toBeUndefined();
  });

  it('tell nothing wrong where they were cut off', () => {
    const whole = hello({ cipher: 0x1301, extensions: thirteen });
    for (let size = 0; size < whole.length; size++)
      expect([size, greetingOf(whole.subarray(0, size))]).toEqual([size, undefined]);
  });

  it('may be anything', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    fc.assert(fc.property(bytes, (some) => void greetingOf(Buffer.from(some))));
    fc.assert(fc.property(bytes, (some) => void greetingOf(Buffer.from([22, 3, 3, 0, 90, 2, 0, 0, 86, ...some]))));
  });
});
