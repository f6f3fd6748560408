/** What a plan says of a change, whole. */
import { expect, it } from 'vitest';
import type { Action } from '../../source/plan/action.ts';
import { lineWidth } from '../../source/ui/line.ts';
import { planLines } from '../../source/ui/plan-lines.ts';

it.each([120, 80, 40])(
  'a line of a difference is read to its end at %d columns, and begins with who it is about',
  (columns) => {
    const diff = [' hosp-a may train with the new certificate only, no longer with the old one', '+ada may watch'];
    const upload = { kind: 'upload', host: 'server', files: [], text: 'change the policy', diff } as unknown as Action;
    const lines = planLines([{ title: 'Files', lanes: { server: [upload] } }], columns, undefined);
    const rows = lines.map((line) => line.map(({ text }) => text).join(''));
    for (const line of lines) expect(lineWidth(line)).toBeLessThanOrEqual(columns);
    expect(rows.map((row) => row.trim()).join(' ')).toContain(`${diff.join(' ').trim()}`);
    expect(rows[1]).toMatch(/^ +hosp-a may/);
  },
);
