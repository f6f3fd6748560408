import { describe, expect, it } from 'vitest';
import { UserError } from '../../source/plan/failure.ts';
import { sinceOf, spanOf } from '../../source/plan/span.ts';

describe('a span of time', () => {
  it.each([
    ['90s', 90],
    ['10m', 600],
    ['12h', 43_200],
    ['30d', 2_592_000],
    ['4w', 2_419_200],
  ])('%s', (text, seconds) => {
    expect(spanOf('--within', text)).toBe(seconds);
  });

  it.each(['', '10', 'm', '-1d', '1.5h', '10 m', '99999999d'])('%j is none (2)', (text) => {
    expect(() => spanOf('--within', text)).toThrow(UserError);
  });
});

describe('since', () => {
  it('is so long ago, or a time; without an offset it is the time here', () => {
    expect(sinceOf('--since', '10m')).toEqual({ ago: 600 });
    expect(sinceOf('--since', '2026-11-23T22:10:05Z')).toEqual({ at: Date.UTC(2026, 10, 23, 22, 10, 5) / 1000 });
    expect(sinceOf('--since', '2026-11-23 22:10')).toEqual({ at: new Date(2026, 10, 23, 22, 10).getTime() / 1000 });
    expect(sinceOf('--since', '2026-11-23')).toEqual({ at: new Date(2026, 10, 23).getTime() / 1000 });
  });

  it.each(['yesterday', '2026-13-01', '22:10', '2026-11-23T25:00'])('%j is none (2)', (text) => {
    expect(() => sinceOf('--since', text)).toThrow(/is no time/);
  });
});
