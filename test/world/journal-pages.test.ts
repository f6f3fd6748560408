import { expect, it } from 'vitest';
import { journalBy } from '../../source/world/journal-pages.ts';

const event = (sequence: number) => ({
  type: 'notice',
  text: 'x',
  time: '2026-11-20T09:41:00.000Z',
  sequence,
  run: '1',
});

it('a journal of several pages is read to its end, each event once', async () => {
  const asked: number[] = [];
  const ask = async (after: number) => {
    asked.push(after);
    return { events: [1, 2, 3].map((each) => event(after + each)), more: after < 8 };
  };
  expect((await journalBy(ask, 2)).map(({ sequence }) => sequence)).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
  expect(asked).toEqual([2, 5, 8]);
});

it.each([[[]], [[5, null, { type: 'notice' }]], [[event(1)]]])(
  'a page that leads nowhere is the last: %j',
  async (events) => {
    let asked = 0;
    const ask = async () => {
      asked += 1;
      return { events, more: true };
    };
    await journalBy(ask, 1);
    expect(asked).toBe(1);
  },
);

it.each([undefined, null, 5, {}, { events: 5 }])('a host that gives no journal is 5: %j', async (answer) => {
  await expect(journalBy(async () => answer, 0)).rejects.toMatchObject({ failure: { exitCode: 5 } });
});
