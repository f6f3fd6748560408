import { expect, it } from 'vitest';
import { Transfer } from '../../source/plan/transfer.ts';

it('is told of at most once a second, with what is there, how many, and how fast', () => {
  let now = 0;
  const lines: string[] = [];
  const pieces = [
    { name: 'numpy.whl', size: 20_000_000, offset: 5_000_000 },
    { name: 'flwr.whl', size: 1_000_000, offset: 0 },
  ];
  const transfer = new Transfer(
    pieces,
    (line) => lines.push(line),
    () => now,
  );
  for (let at = 0; at < 15; at++) {
    now += 250;
    transfer.sent('numpy.whl', 1_000_000);
  }
  now += 1000;
  transfer.sent('flwr.whl', 1_000_000);
  transfer.end();
  expect(lines).toEqual([
    'copying 2 wheels, 16 MB, numpy.whl from 5.0 MB on',
    '9.0 MB of 20 MB  1 of 2  4.0 MB/s  numpy.whl',
    '13 MB of 20 MB  1 of 2  4.0 MB/s  numpy.whl',
    '17 MB of 20 MB  1 of 2  4.0 MB/s  numpy.whl',
    '1.0 MB of 1.0 MB  2 of 2  3.4 MB/s  flwr.whl',
    'copied 16 MB, 3.4 MB/s',
  ]);
});
