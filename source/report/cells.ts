/** Tables of a report: columns of texts and numbers, and what was cut from long ones. Pure. */
import { number, samples, tenths } from '../ui/format.ts';
import { html, type Markup, type Part, table } from './markup.ts';

export type Column = {
  readonly title: string;
  /** Right, with digits below each other; `said`: words of somebody else, which may be long. */
  readonly kind?: 'n' | 't' | 'said';
};

export type Row = { readonly cells: readonly Part[]; readonly mark?: 'best' };

/** What stands in a table in place of what was left out. */
export type Gap = { readonly gap: string };

const classed = (name: string | undefined) => (name === undefined ? undefined : html` class="${name}"`);

export function grid(columns: readonly Column[], rows: readonly (Row | Gap)[]): Markup {
  const body = rows.map((row) => {
    if ('gap' in row)
      return html`<tr><td class="gap" colspan="${columns.length}">${row.gap}</td></tr>
`;
    const cells = row.cells.map((cell, at) => html`<td${classed(columns[at]?.kind)}>${cell}</td>`);
    return html`<tr${classed(row.mark)}>${cells}</tr>
`;
  });
  return table(
    columns.map(({ title, kind }) => ({ title, ...(kind === 'n' ? { kind } : {}) })),
    [html`<tbody>${body}</tbody>`],
  );
}

/** `2026-11-20 09:41:07`; the page says once that it is UTC. */
export function moment(time: string | undefined): string {
  const date = new Date(time ?? '');
  return Number.isNaN(date.getTime()) ? (time ?? '') : date.toISOString().slice(0, 19).replace('T', ' ');
}

export const seconds = (value: number | undefined) => (value === undefined ? '' : tenths(value));
export const count = (value: number | undefined) => (value === undefined ? '' : samples(value));

/** A loss or a metric; what is no finite number is told as that and never left out. */
export function measured(value: number | undefined, notFinite = false): Part {
  if (value === undefined) return notFinite ? html`<span class="wrong">not finite</span>` : '';
  return number(value);
}

/** A metric may be called as what every object has. */
export const own = (metrics: Readonly<Record<string, number>>, name: string) =>
  Object.hasOwn(metrics, name) ? metrics[name] : undefined;

/** `2`, or `1 and 1 failed`. */
export function tally({ ok, failed }: { readonly ok: number; readonly failed: number }): Part {
  return failed === 0 ? count(ok) : html`${count(ok)}, <span class="wrong">${count(failed)} failed</span>`;
}

/** `3`, `3 to 5`. */
export function span(first: number | string, last: number | string): string {
  return first === last ? String(first) : `${first} to ${last}`;
}
