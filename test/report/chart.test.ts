import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Course } from '../../source/flower/bounded.ts';
import { chart } from '../../source/report/chart.ts';

describe('a chart', () => {
  it('is one svg element that needs nothing else and says its numbers', () => {
    const svg = chart([
      [
        [1, 0.5],
        [2, 0.25],
        [3, 0.125],
      ],
    ]);
    expect(svg).toMatch(/^<svg viewBox="0 0 \d+ \d+" aria-hidden="true">[\s\S]*<\/svg>$/);
    expect(svg).toMatch(/>0\.5<\/text>/);
    expect(svg).not.toMatch(/https?:|<style|<script|xlink|url\((?!#)| on\w+=/i);
  });

  it('can be drawn of whatever numbers a run tells', () => {
    const line = fc.array(fc.double(), { maxLength: 40 });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 3 }), (lines) => {
        const courses = lines.map((values) => {
          const course = new Course();
          for (const [at, value] of values.entries()) course.add(at, value);
          return course.points();
        });
        expect(chart(courses)).not.toMatch(/NaN|Infinity|undefined/);
      }),
      { numRuns: 60 },
    );
  });

  it('has no id of another one', () => {
    const ids = (svg: string) => [...svg.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    const both = [chart([[[1, 1]]]), chart([[[1, 1]]])].map(ids);
    expect(new Set(both.flat()).size).toBe(both.flat().length);
  });
});
