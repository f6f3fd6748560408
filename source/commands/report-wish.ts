/** What a report is to be, and where to. */
import { extname, resolve } from 'node:path';
import { exit, UserError } from '../plan/failure.ts';
import type { Call } from './context.ts';

const formats = ['html', 'csv', 'json'] as const;
export type Format = (typeof formats)[number];
export type Wish = { readonly format: Format; readonly output?: string };

/** What whoever opens such a file takes it for. */
const endings: Readonly<Record<string, Format>> = { '.html': 'html', '.htm': 'html', '.csv': 'csv', '.json': 'json' };

const asTable = 'spreadsheets open --format csv, in a file that ends in .csv';
const asPage = 'the page is HTML, in a file that ends in .html';
/** What we can't make, and what comes near it. */
const unmade: Readonly<Record<string, string>> = {
  '.pdf': 'make the page (.html), and print it to PDF in a browser',
  ...{ '.xlsx': asTable, '.xls': asTable, '.ods': asTable, '.tsv': asTable, '.parquet': asTable },
  ...{ '.docx': asPage, '.odt': asPage, '.md': asPage, '.png': asPage, '.jpg': asPage, '.svg': asPage },
};

/** What the ending says. @throws UserError (2) for one that we can't make, or that --format contradicts */
function endingOf(path: string, format: Format | undefined): Format | undefined {
  const ending = extname(path).toLowerCase();
  const says = Object.hasOwn(endings, ending) ? endings[ending] : undefined;
  const instead = Object.hasOwn(unmade, ending) ? unmade[ending] : undefined;
  const refused = (why: string, hint: string) =>
    new UserError({ exitCode: exit.invalid, doing: 'Reading --output', why, hint });
  if (instead !== undefined) throw refused(`a report is no ${ending} file`, instead);
  if (says !== undefined && format !== undefined && says !== format)
    throw refused(
      `--format ${format} says another thing than the ending ${ending}`,
      `leave --format out, or let the file end in .${format}`,
    );
  return says;
}

/** The ending of --output says what is meant where --format does not. @throws UserError (2) */
export function wishOf({ io, common }: Call, { format, output }: Readonly<Record<string, unknown>>): Wish {
  const path = typeof output === 'string' ? resolve(io.cwd, output) : undefined;
  const named = formats.find((each) => each === format);
  const ending = path === undefined ? undefined : endingOf(path, named);
  const wanted = named ?? ending ?? 'html';
  if (common.json && wanted === 'csv' && path === undefined)
    throw new UserError({
      exitCode: exit.invalid,
      doing: 'Reading --format csv',
      why: 'with --json nothing but JSON is printed',
      hint: 'name a file for it with --output, or leave --json out',
    });
  return path === undefined ? { format: wanted } : { format: wanted, output: path };
}
