import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { proofPage } from '../../source/commands/proof-page.ts';
import { type Proof, type ProofTry, proofFrom } from '../../source/plan/proven.ts';

/** A proof in which every text is made by `text`. */
function proofOf(text: () => string, more: Partial<Proof> = {}): Proof {
  return {
    document: 'fl-wizard proof',
    version: 1,
    network: text(),
    address: text(),
    run: text(),
    started: text(),
    time: text(),
    mutual: false,
    verdict: text(),
    tries: [true, false].map((ok) => ({
      host: text(),
      case: 'right',
      name: text(),
      expected: 'accepted',
      outcome: 'unclear',
      ok,
      detail: text(),
      time: text(),
      to: text(),
      tls: { version: text(), cipher: text() },
      shown: text(),
      presented: { fingerprint: text(), notAfter: text() },
      word: { uri: text(), fingerprint: text(), address: text() },
    })),
    certificates: [{ name: text(), fingerprint: text(), notAfter: text(), daysLeft: 3 }],
    hosts: [
      {
        name: text(),
        role: 'client',
        os: text(),
        architecture: text(),
        python: text(),
        openssl: text(),
        packages: { [text()]: text() },
        runtime: text(),
        app: text(),
        trouble: text(),
      },
    ],
    software: { flWizard: text(), node: text(), openssl: text() },
    hashes: { runtime: text(), app: text() },
    ...more,
  };
}

const about = { written: '2026-11-20T09:41:00.000Z', earlier: true };
/** Every tag with its attributes, in order. */
const tagsOf = (page: string) => page.match(/<[^>]*>/g);
const harmless = tagsOf(
  proofPage(
    proofOf(() => 'x'),
    about,
  ),
);

describe('the page of a proof', () => {
  it('has the same tags whatever hosts, names and reasons say', () => {
    const nasty = fc.constantFrom(
      '<script>alert(1)</script>',
      '"><img src=x onerror=y>',
      "' style='x",
      '</td></table>',
      '-->',
      '&lt;',
      '<!--',
      '\u202e',
      '\x1b[2J',
    );
    const texts = fc.array(fc.oneof(nasty, fc.string({ unit: 'binary' })), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(texts, (some) => {
        let at = 0;
        // A page with no digest alike: what is told of them then is the same.
        const page = proofPage(
          proofOf(() => `${some[at % some.length]}${at++}`),
          about,
        );
        expect(tagsOf(page)).toEqual(harmless);
        expect(page).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]/);
      }),
    );
  });

  it('needs no script and nothing from elsewhere', () => {
    const page = proofPage(
      proofOf(() => 'x'),
      about,
    );
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<script|<link|<img|<iframe|https?:|url\(|@import/i);
  });

  it('says in words what a color would say', () => {
    const page = proofPage(
      proofOf(() => 'x'),
      { ...about, earlier: false },
    );
    expect(page).toContain('NOT PROVED: x');
    expect(page).toContain('<td>as it must be</td>');
    expect(page).toContain('<tbody class="try wrong"><tr><td>WRONG</td>');
    expect(page).not.toContain('No server was running');
  });

  it.each([
    [{ by: 'handshake', outcome: 'refused' }, 'nobody: it ended the handshake'],
    [{ by: 'policy', outcome: 'refused' }, 'not known'],
    [{ outcome: 'accepted' }, 'not asked'],
    [{ outcome: 'refuses', expected: 'refuses' }, 'not asked'],
  ] as const)('says why there is no word of the server’s: %o', (told, why) => {
    const [first] = proofOf(() => 'x').tries;
    if (!first) throw new Error('a try');
    const { by: _, word: __, ...bare } = first;
    const page = proofPage(
      proofOf(() => 'x', { tries: [{ ...bare, ...told }] }),
      about,
    );
    expect(page).toContain(`<dt>the server saw</dt><dd>${why}</dd>`);
  });

  it('names an address only where it is this try’s', () => {
    const [first] = proofOf(() => 'x').tries;
    if (!first) throw new Error('a try');
    const told = (word: ProofTry['word'] & object) =>
      proofPage(
        proofOf(() => 'x', { tries: [{ ...first, word }] }),
        about,
      );
    expect(told({ uri: 'u', fingerprint: 'f', address: '10.0.0.1:2' })).toContain('u <code>f</code> from 10.0.0.1:2<');
    expect(told({ uri: 'u', fingerprint: 'f' })).toContain('u <code>f</code></dd>');
  });

  it('tells where a host holds other files than those that are here', () => {
    const [host] = proofOf(() => 'x').hosts;
    const differing = proofOf(() => 'x', { hosts: host ? [{ ...host, app: 'y' }] : [] });
    expect(proofPage(differing, about)).toContain('DIFFERS <code>y</code>');
    expect(
      proofPage(
        proofOf(() => 'x'),
        about,
      ),
    ).not.toContain('DIFFERS');
  });
});

describe('a proof on record', () => {
  it('is taken as it was written', () => {
    const proof = proofOf(() => 'x');
    expect(proofFrom(JSON.parse(JSON.stringify(proof)))).toEqual(proof);
  });

  it('of another version, or damaged, is none', () => {
    const proof = proofOf(() => 'x');
    const { tries: _, ...half } = proof;
    for (const other of [
      undefined,
      null,
      5,
      [],
      {},
      { ...proof, version: 2 },
      half,
      { ...proof, hosts: [null] },
      { ...proof, time: 3 },
    ])
      expect(proofFrom(other)).toBeUndefined();
  });
});
