/** Checks in a few rows: what is wrong is never among those that are only counted. */
import { expect, it } from 'vitest';
import type { Check } from '../../source/plan/event.ts';
import { checkLines } from '../../source/ui/step-lines.ts';

const well = Array.from(
  { length: 27 },
  (_, at): Check => ({ name: `${at}.crt`, kind: 'state', ok: true, detail: 'ok' }),
);
const wrong: Check = {
  name: 'hosp-a.key',
  kind: 'state',
  ok: false,
  detail: 'its mode is 0644',
  hint: 'a long word of what to try, which takes more rows than there are here: close it, and make a new one then',
};

it.each([2, 3, 4, 5, 8])('in %d rows the one that failed is seen', (rows) => {
  const lines = checkLines([...well, wrong], 60, rows).map((line) => line.map(({ text }) => text).join(''));
  expect(lines.length).toBeLessThanOrEqual(rows);
  expect(lines[0]).toContain('27 of 28 as they must be');
  expect(lines[1]).toContain('✗ hosp-a.key  its mode is 0644');
  if (rows > 2) expect(lines.at(-1)).toMatch(/… \d+ more/);
});
