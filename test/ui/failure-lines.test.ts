import { expect, it } from 'vitest';
import { failureCards } from '../../source/ui/failure-lines.ts';

it.each([40, 80])('several ways out are a line each, at %d columns', (columns) => {
  const failure = {
    exitCode: 4,
    host: 'a',
    doing: 'Looking',
    why: 'unknown',
    hint: 'compare, then\ntry again\nor stop',
  };
  const lines = failureCards([failure as never], columns, 20).map((line) => line.map(({ text }) => text).join(''));
  const told = lines.map((line) => line.replace(/^ │ | +│$/g, '').trim());
  expect(told).toEqual(expect.arrayContaining(['Try  compare, then', 'try again', 'or stop']));
});
