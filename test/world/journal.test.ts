import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PlainReader, unicodeSymbols } from '../../source/headless/plain.ts';
import type { Event } from '../../source/plan/event.ts';
import { emptyView, reduce } from '../../source/plan/reduce.ts';
import { eventFrom, journalIn } from '../../source/world/journal.ts';

const top = mkdtempSync(join(tmpdir(), 'flw-journal-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
let number = 0;
function project(): { journal: ReturnType<typeof journalIn>; file: string; directory: string } {
  const directory = join(top, String(++number));
  mkdirSync(join(directory, '.fl-wizard', 'runs', '1'), { recursive: true });
  return { journal: journalIn(directory), file: join(directory, '.fl-wizard', 'runs', '1', 'events.jsonl'), directory };
}

const time = '2026-11-20T09:41:00.000Z';
const events: readonly Event[] = [1, 2, 3].map((round) => ({
  type: 'round-finished',
  round,
  rounds: 3,
  seconds: 1,
  fit: { ok: 2, failed: 0 },
  evaluate: { ok: 2, failed: 0 },
  metrics: { accuracy: 0.5 },
  sequence: round,
  run: '1',
  time,
}));

describe('our journal of a run', () => {
  it('gives back what was written, in a file that only we can read', async () => {
    const { journal, file } = project();
    await journal.append('1', events.slice(0, 1));
    await journal.append('1', []);
    await journal.append('1', events.slice(1));
    expect(await journal.read('1')).toEqual(events);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(4);
  });

  it('has no runs where there are none, and lists them as numbers', async () => {
    const { journal } = project();
    for (const run of ['10', '9', '2']) await journal.append(run, events);
    expect(await journal.runs()).toEqual(['1', '2', '9', '10']);
    expect(await journal.read('77')).toEqual([]);
    expect(await journalIn(join(top, 'nowhere')).runs()).toEqual([]);
  });

  it('cut at any byte keeps what is whole, and loses nothing that follows', async () => {
    const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    const { journal, file } = project();
    const later: Event = { type: 'notice', text: 'later', time };
    for (let length = 0; length <= text.length; length += 7) {
      writeFileSync(file, text.slice(0, length));
      const whole = events.filter(
        (_, at) =>
          text
            .split('\n')
            .slice(0, at + 1)
            .join('\n').length <= length,
      );
      expect(await journal.read('1')).toEqual(whole);
      await journal.append('1', [later]);
      expect(await journal.read('1')).toEqual([...whole, later]);
    }
  });

  it('is read on from where it was read last, and of a line that is still written nothing is lost', async () => {
    const { journal, file } = project();
    const reader = journal.reader('1');
    const next = async (only?: RegExp) => {
      const seen: Event[] = [];
      for await (const event of reader.next(only)) seen.push(event);
      return seen;
    };
    expect(await next()).toEqual([]);
    const [one, two, three] = events.map((event) => `${JSON.stringify(event)}\n`) as [string, string, string];
    writeFileSync(file, one + two.slice(0, 30));
    expect(await next()).toEqual([events[0]]);
    appendFileSync(file, two.slice(30) + three.slice(0, -1));
    expect(await next(), 'one that only lost its line break is whole').toEqual(events.slice(1));
    expect(await next()).toEqual([]);
    await journal.append('1', [events[0] as Event, { type: 'notice', text: 'a', time }]);
    expect(await next(/"notice"/)).toEqual([{ type: 'notice', text: 'a', time }]);
    // Set aside, and another one begun.
    await journal.setAside('1');
    await journal.append('1', events.slice(2));
    expect(await next()).toEqual(events.slice(2));
  });

  it('says when something was appended to it, and waits no longer than the signal', async () => {
    const { directory } = project();
    const journal = journalIn(directory, 1);
    const reader = journal.reader('1');
    const grown = reader.grown(new AbortController().signal);
    await journal.append('1', events);
    await grown;
    for await (const _ of reader.next());
    const leave = new AbortController();
    const waiting = reader.grown(leave.signal);
    leave.abort();
    await waiting;
  });

  it('of garbage or of another version is passed over', async () => {
    const { journal, file } = project();
    const lines = [
      '',
      'null',
      '5',
      '"x"',
      '[]',
      '{}',
      '{"type":"notice"}',
      '{"time":"x"}',
      '{"type":5,"time":"x"}',
      '\u0000',
    ];
    const newer = ['{"type":"round-finished","time":"x"}', '{"type":"check-finished","time":"x","check":null}'];
    writeFileSync(
      file,
      [...lines, ...newer, JSON.stringify(events[0]), '{"type":"later","time":"x"}', '{"type'].join('\n'),
    );
    expect(await journal.read('1')).toEqual([events[0], { type: 'later', time: 'x' }]);
  });

  it('holds nothing that its readers fall over', () => {
    // A loss that is no number stands as null in the server's journal.
    const event = eventFrom(
      JSON.parse(JSON.stringify({ ...events[0], loss: Number.NaN, metrics: { f1: null, a: 1 } })),
    );
    expect(event).toMatchObject({ metrics: { a: 1 } });
    expect(event).not.toHaveProperty('loss');
    if (!event) throw new Error('no event');
    expect(reduce(emptyView, event).run.finished).toHaveLength(1);
    expect(new PlainReader(unicodeSymbols).read(event)[0]).toContain('round 1 of 3');
  });
});
