import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Counted, Course, EndsOf } from '../../source/flower/bounded.ts';

const courseOf = (values: readonly number[]) => {
  const course = new Course();
  for (const [at, value] of values.entries()) course.add(at + 1, value);
  return course.points();
};

describe('a course', () => {
  it('of few rounds is each of them', () => {
    expect(courseOf([3, 1, 2])).toEqual([
      [1, 3],
      [2, 1],
      [3, 2],
    ]);
  });

  it('of many rounds is bounded, in order, and loses no peak and no end', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 5000, size: 'max' }), (values) => {
        const points = courseOf(values);
        expect(points.length).toBeLessThanOrEqual(802);
        const rounds = points.map(([round]) => round);
        expect(rounds).toEqual([...new Set(rounds)].sort((a, b) => a - b));
        for (const [round, value] of points) expect(value).toBe(values[round - 1]);
        const shown = points.map(([, value]) => value);
        const [lowest, highest] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
        expect(Math.min(...shown)).toBe(lowest);
        expect(Math.max(...shown)).toBe(highest);
        expect([rounds[0], rounds.at(-1)]).toEqual([1, values.length]);
      }),
      { numRuns: 30 },
    );
  });

  it('passes over what can’t be drawn, and a round that is told twice', () => {
    const course = new Course();
    for (const [round, value] of [
      [1, 1],
      [2, Number.NaN],
      [3, Number.POSITIVE_INFINITY],
      [4, 1e308],
      [5, 2],
      [5, 3],
      [1, 9],
    ] as const)
      course.add(round, value);
    expect(course.points()).toEqual([
      [1, 1],
      [5, 2],
    ]);
  });

  it('has room for rounds far apart', () => {
    const course = new Course();
    for (let at = 0; at < 3000; at++) course.add(at * 1e6, at);
    expect(course.points().length).toBeLessThanOrEqual(802);
    expect(course.points().at(-1)).toEqual([2999e6, 2999]);
  });
});

describe('the ends of a row', () => {
  it.each([
    [3, [1, 2, 3], []],
    [4, [1, 2, 3], [4]],
    [6, [1, 2, 3], [4, 5, 6]],
    [11, [1, 2, 3], [9, 10, 11]],
  ])('of %i', (count, first, last) => {
    const ends = new EndsOf<number>(3);
    for (let at = 1; at <= count; at++) ends.add(at);
    expect(ends.ends()).toEqual({ first, last, count });
  });
});

describe('what is said again and again', () => {
  it('is counted, and beyond so many different things only that there were more', () => {
    const counted = new Counted<string>(2);
    for (const [at, what] of ['a', 'b', 'a', 'c', 'd', 'a'].entries()) counted.add(what, at);
    expect(counted.all()).toEqual({
      said: [
        { what: 'a', count: 3, first: 0, last: 5 },
        { what: 'b', count: 1, first: 1, last: 1 },
      ],
      beyond: 2,
    });
  });
});
