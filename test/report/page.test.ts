import fc from 'fast-check';
import { parse } from 'parse5';
import { describe, expect, it } from 'vitest';
import { ReportReader, type RunReport } from '../../source/flower/run-report.ts';
import type { Event } from '../../source/plan/event.ts';
import type { Proof } from '../../source/plan/proven.ts';
import { chart } from '../../source/report/chart.ts';
import { type ReportPage, reportPage } from '../../source/report/page.ts';
import { journalOf } from '../helpers/journals.ts';

const time = '2026-11-20T09:41:00Z';
const event = (type: string, more: object) => ({ type, time, ...more }) as unknown as Event;

function read(events: Iterable<Event | Record<string, unknown>>): RunReport {
  const reader = new ReportReader();
  for (const each of events) reader.add(each as Event);
  return reader.report('7');
}

/** A run in which every text is made by `text`. */
function hostile(text: () => string): ReportPage {
  const [a, b, metric] = [text(), text(), text()];
  const tally = { fit: { ok: 1, failed: 1 }, evaluate: { ok: 1, failed: 0 } };
  const told = { client: a, state: 'idle', samples: 1, loss: 1, metrics: { [metric]: 1 } };
  const report = read([
    event('run-started', { rounds: 3, strategy: text(), flower: text(), clients: [a, b] }),
    event('server-started', { port: 1 }),
    event('server-started', { port: 1, resumedAfter: 1 }),
    event('notice', { text: text() }),
    event('phase-changed', { phase: 'waiting', round: 1, rounds: 3, waiting: { have: 0, need: 2, missing: [text()] } }),
    event('client-changed', { client: a, state: 'evaluating' }),
    ...[1, 2].flatMap((round) => [
      event('client-changed', { ...told, round, detail: text(), address: text() }),
      event('round-finished', {
        ...{ round, rounds: 3, seconds: 1, loss: 1, metrics: { [metric]: 1 }, weights: text(), ...tally },
        notFinite: [text()],
        failures: [{ client: b, phase: text(), reason: text() }],
      }),
    ]),
    event('client-changed', { client: a, state: text(), detail: text() }),
    event('connection-refused', { address: text(), name: text(), reason: text() }),
  ]);
  const tries = [true, false].map((ok) => ({
    ...{
      host: text(),
      case: 'right',
      name: text(),
      expected: 'accepted',
      outcome: 'unclear',
      ok,
      detail: text(),
      time,
    },
  }));
  const proof = { run: '7', mutual: false, verdict: text(), started: text(), time: text(), tries } as unknown as Proof;
  const certificate = { name: a, kind: text(), state: text(), subject: text(), notAfter: text(), fingerprint: text() };
  return {
    ...{
      network: text(),
      report,
      state: { text: text(), failed: true },
      source: text(),
      written: text(),
      version: text(),
    },
    ...{ proof, trouble: text(), settings: [[text(), text()]] },
    members: [{ name: a, role: text(), host: text() }],
    certificates: [
      { ...certificate, daysLeft: 1 },
      { ...certificate, name: text(), daysLeft: -1 },
    ],
  };
}

const tagsOf = (page: string) => page.match(/<[^>]*>/g);

/** What a browser would complain of. */
function complaints(page: string): readonly string[] {
  const found: string[] = [];
  parse(page, { onParseError: ({ code, startLine }) => found.push(`${code} in line ${startLine}`) });
  return found;
}

const quiet = { failed: false, text: 'Run 7 is finished.' };
function pageOf(report: RunReport, more: Partial<ReportPage> = {}): string {
  const about = { network: 'xray', source: 'Read here.', written: time, version: '0.1.0', state: quiet };
  return reportPage({ ...about, report, members: [], certificates: [], settings: [], ...more }, chart);
}

describe('the page of a run', () => {
  it('has the same tags whatever hosts, clients, metrics and reasons say', () => {
    let plain = 0;
    const harmless = tagsOf(
      reportPage(
        hostile(() => `x${plain++}`),
        () => '<svg></svg>',
      ),
    );
    const nasty = fc.constantFrom(
      ...[
        '<script>alert(1)</script>',
        '"><img src=x onerror=y>',
        "' style='x",
        '</td></table>',
        '</svg>',
        '-->',
        '&lt;',
      ],
      ...['<!--', '\u202e', '\x1b[2J', '__proto__', '\u0000', ']]>', '</style>'],
    );
    const texts = fc.array(fc.oneof(nasty, fc.string({ unit: 'binary' })), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(texts, (some) => {
        let at = 0;
        // The number first, and not cut off: names that are alike would be one.
        const page = reportPage(
          hostile(() => `x${at++} ${some[at % some.length]}`),
          () => '<svg></svg>',
        );
        expect(tagsOf(page)).toEqual(harmless);
        expect(page).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]/);
        expect(complaints(page)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  it('needs no script and nothing from elsewhere, and no browser complains of it', () => {
    const page = pageOf(read(journalOf({ rounds: 12, clients: 3, failsEvery: 5 })));
    expect(page).toContain("default-src 'none'; style-src 'unsafe-inline'");
    expect(page).not.toMatch(/<script|<link|<img|<iframe|<use|https?:|@import|\bon[a-z]+=|url\((?!#)/i);
    expect(complaints(page)).toEqual([]);
  });

  it('tells of the rounds, the best among them, clients, failures and charts', () => {
    const page = pageOf(read(journalOf({ rounds: 12, clients: 3, failsEvery: 5 })));
    for (const title of ['Loss', 'accuracy', 'train_loss', 'Loss of each client', 'Seconds of each round'])
      expect(page).toContain(`<figcaption>${title}</figcaption><svg `);
    expect(page).toContain('<li class="key2">hospital-3</li>');
    expect(page).toContain('<tr class="best"><td class="n">');
    expect(page).toMatch(/MemoryError: out of memory<\/td><td class="n">1<\/td><td class="t">5</);
    expect(page).toContain('<li><b>12</b><span>rounds of 12</span></li>');
    expect(page).not.toContain('not shown here');
  });

  it('names a metric that was never a finite number, and draws nothing of it', () => {
    const tally = { ok: 2, failed: 0 };
    const rounds = [1, 2].map((round) =>
      event('round-finished', {
        ...{ round, rounds: 2, seconds: 1, fit: tally, evaluate: tally, metrics: { f1: 0.5 }, notFinite: ['accuracy'] },
        ...(round === 1 ? { loss: 1 } : { notFinite: ['accuracy', 'loss'] }),
      }),
    );
    const report = read(rounds);
    expect(report.notFinite).toEqual([
      { name: 'accuracy', rounds: 2 },
      { name: 'loss', rounds: 1 },
    ]);
    const page = pageOf(report);
    expect(page).toContain('accuracy in 2 of 2 rounds, loss in 1 of 2 rounds');
    expect(page.match(/<span class="wrong">not finite<\/span>/g)).toHaveLength(3);
    expect(page).toMatch(/<th[^>]*>accuracy<\/th>/);
    expect(page).not.toContain('<figcaption>accuracy<');
    expect(page).toContain('<span>last f1</span>');
    expect(complaints(page)).toEqual([]);
  });

  it('of very many rounds shows the ends, says what is left out, and stays small', () => {
    const course = { rounds: 2000, clients: 2, failsEvery: 7 };
    const page = pageOf(read(journalOf(course)));
    expect(page).toContain('1,800 rounds not shown here: fl-wizard report 7 --format csv has all of them');
    for (const round of [1, 100, 1901, 2000]) expect(page).toContain(`>round-${round}-weights.npz<`);
    for (const round of [101, 1900]) expect(page).not.toContain(`>round-${round}-weights.npz<`);
    // Measured: 110 kB, as of ten times as many.
    expect(page.length).toBeLessThan(200_000);
  });

  it('of a run that has only begun says so', () => {
    const page = pageOf(read([event('run-started', { rounds: 3, clients: ['a'] })]));
    expect(page).toContain('No round has ended yet.');
    expect(page).toContain('<td>a</td><td class="t">not seen</td>');
    expect(page).not.toContain('<svg');
    expect(complaints(page)).toEqual([]);
  });

  it('says what is no finite number, and of one round how it went', () => {
    const tally = { fit: { ok: 1, failed: 0 }, evaluate: { ok: 1, failed: 0 } };
    const bad = { round: 1, rounds: 1, seconds: 1, metrics: {}, notFinite: ['loss'], ...tally };
    expect(pageOf(read([event('round-finished', bad)]))).toContain('<span class="wrong">not finite</span>');
  });

  it('does not list what our own proof was refused with', () => {
    const refused = (fingerprint: string) =>
      event('connection-refused', { address: '10.0.0.9:1', reason: `not on the list ${fingerprint}`, fingerprint });
    const report = read([refused('ours'), refused('theirs')]);
    const tried = { host: 'server', case: 'revoked', name: 'revoked', outcome: 'refused', ok: true, detail: 'x', time };
    const tries = [
      { ...tried, expected: 'refused', shown: 'ours' },
      { ...tried, expected: 'accepted', shown: 'theirs' },
    ];
    const proof = { run: '7', mutual: true, verdict: 'mutual', started: time, time, tries } as unknown as Proof;
    const page = pageOf(report, { proof });
    expect(page).toContain('not on the list theirs');
    expect(page).not.toContain('not on the list ours');
    expect(page).toContain('PROVED: mutual');
  });
});
