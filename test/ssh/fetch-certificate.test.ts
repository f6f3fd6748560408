import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fetchCertificate } from '../../source/ssh/fetch-certificate.ts';
import { Incoming } from '../../source/ssh/incoming.ts';
import { message, packet, proposal, readProposal } from '../../source/ssh/key-exchange.ts';
import { field } from '../../source/ssh/wire.ts';
import { certify, makeKey } from './made-keys.ts';

const key = makeKey();
const certificate = certify(key, makeKey());
const algorithm = 'ssh-ed25519-cert-v01@openssh.com';
const hello = Buffer.from('SSH-2.0-test\r\n');
const init = packet(proposal([algorithm]));
const say = (kind: number, ...parts: Buffer[]) => packet(Buffer.concat([Buffer.from([kind]), ...parts]));
const reply = say(message.keyExchangeReply, field(certificate), field('theirs'), field('signature'));

/** A host that says all of this, whatever it hears, and then hangs up. */
function saying(pieces: readonly Buffer[]): Duplex {
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  for (const piece of [...pieces, null]) stream.push(piece);
  return stream;
}
const ask = (pieces: readonly Buffer[]) =>
  fetchCertificate(async () => saying(pieces), 'ssh-ed25519', new AbortController().signal);

describe('fetchCertificate', () => {
  it('reads it from what a host says, however that is cut', async () => {
    const all = Buffer.concat([Buffer.from('a banner\r\n'), hello, init, say(2, field('ignored')), reply]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(all.length), { maxLength: 30 }), async (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), all.length];
        // An empty piece would be the end of a stream.
        const pieces = places.slice(1).map((end, index) => all.subarray(places[index], end));
        expect(await ask(pieces.filter((piece) => piece.length > 0))).toEqual({ blob: certificate });
      }),
    );
  });

  it('says that a host shows none, and hears no more of it', async () => {
    await expect(ask([hello, packet(proposal(['ssh-ed25519'])), reply])).resolves.toEqual({ none: true });
  });

  const noKeyExchange = Buffer.concat([Buffer.alloc(16), field('sntrup'), field(algorithm)]);
  it.each<[string, readonly Buffer[], string]>([
    ['hangs up at once', [], 'it closed the connection'],
    ['hangs up behind its greeting', [hello], 'it closed the connection'],
    ['hangs up in the middle of a packet', [hello, init, reply.subarray(0, 100)], 'it closed the connection'],
    ['says goodbye', [hello, init, say(message.disconnect)], 'it ended the connection'],
    ['speaks HTTP', [hello, Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')], 'it sent no packet of SSH'],
    ['announces four gigabytes', [hello, Buffer.alloc(8, 255)], 'it sent no packet of SSH'],
    ['sends padding alone', [hello, Buffer.from([0, 0, 0, 4, 3, 0, 0, 0])], 'it sent no packet of SSH'],
    ['proposes nothing', [hello, say(message.keyExchangeInit)], 'it sent no packet of SSH'],
    [
      'has no key exchange of ours',
      [hello, say(message.keyExchangeInit, noKeyExchange)],
      'no key exchange in common (it has sntrup)',
    ],
    [
      'shows no key',
      [hello, init, say(message.keyExchangeReply, Buffer.from([0, 0, 1, 0]))],
      'it sent no packet of SSH',
    ],
    ['greets without end', Array.from({ length: 300 }, () => Buffer.alloc(1024, 'x')), 'it said too much'],
    [
      'ignores without end',
      [hello, ...Array.from({ length: 300 }, () => say(2, Buffer.alloc(1024)))],
      'it said too much',
    ],
  ])('tells of a host that %s', async (_, pieces, problem) => {
    await expect(ask(pieces)).resolves.toEqual({ problem });
  });

  it('gives up on a host that says nothing, and on one that is not reached', async () => {
    const stop = new AbortController();
    // It hears what we propose, and the time is over.
    const silent = new Duplex({ read: () => undefined, write: () => stop.abort() });
    const waiting = fetchCertificate(async () => silent, 'ssh-ed25519', stop.signal);
    await expect(waiting).resolves.toEqual({ problem: 'it took too long' });
    expect(silent.destroyed).toBe(true);
    const failing = fetchCertificate(() => Promise.reject(new Error('refused')), 'ssh-ed25519', stop.signal);
    await expect(failing).resolves.toEqual({ problem: 'refused' });
  });

  it('survives whatever is said', async () => {
    const piece = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(hello, init, reply, Buffer.from('\n'), Buffer.alloc(4)),
      fc
        .tuple(fc.constantFrom(1, 20, 31), fc.uint8Array({ maxLength: 40 }))
        .map(([kind, bytes]) => say(kind, Buffer.from(bytes))),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const fetched = await ask([hello, ...pieces]);
        expect(Object.keys(fetched)).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a packet', () => {
  it('is padded as it has to be, and read back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 100 }), async (bytes) => {
        const whole = packet(Buffer.from(bytes));
        expect(whole.length % 8).toBe(0);
        expect(whole[4]).toBeGreaterThanOrEqual(4);
        expect(await new Incoming(saying([whole])).packet()).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('holds our proposal', () => {
    expect(readProposal(proposal(['a', 'b']))?.hostKeyAlgorithms).toEqual(['a', 'b']);
  });
});
