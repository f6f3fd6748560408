/** `cert` lists what the CA has issued, `cert show` looks closely at one. Local files only. */
import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { styleText } from 'node:util';
import { certificatesIn } from '../pki/chain.ts';
import { readCrl } from '../pki/revocation.ts';
import { type ExitCode, exit, UserError } from '../plan/failure.ts';
import { spanOf } from '../plan/span.ts';
import { day, placesOf } from '../steps/shared.ts';
import { plural } from '../ui/format.ts';
import { plainSigns } from '../ui/theme.ts';
import { readLocal } from '../world/files.ts';
import { type CertificateRow, certificateRows, filesOf } from './cert-rows.ts';
import { certificateLines, certificateReport, type Surroundings } from './cert-show.ts';
import { type Call, type Command, colors, unicode } from './context.ts';
import { readProject } from './project.ts';
import { tableLines } from './table.ts';

/** Below it a certificate is red, and below four times that yellow: a week to act, a month to plan. */
const redDays = 7;
const yellowDays = 30;

function colorOf({ daysLeft, state }: CertificateRow): 'red' | 'yellow' | 'green' | 'dim' {
  if (state === 'replaced' || state === 'revoked') return 'dim';
  if (daysLeft < redDays || state !== 'valid') return 'red';
  return daysLeft < yellowDays ? 'yellow' : 'green';
}

function daysText({ daysLeft, state }: CertificateRow): string {
  if (state === 'valid') return String(daysLeft);
  return state === 'expired' ? 'expired' : state;
}

function printRows(call: Call, rows: readonly CertificateRow[]): void {
  const { stdout } = call.io;
  const paint = (text: string, at: number) => {
    const row = rows[at];
    return row && colors(call) ? styleText(colorOf(row), text) : text;
  };
  const titles = ['NAME', 'KIND', 'ISSUED', 'EXPIRES', 'DAYS LEFT', 'SHA-256', 'NAMES'];
  const lines = tableLines(
    titles.map((title) => ({ title, ...(title === 'DAYS LEFT' ? { paint } : {}) })),
    rows.map((row) => [
      row.name,
      row.kind,
      day(new Date(row.notBefore)),
      day(new Date(row.notAfter)),
      daysText(row),
      `${row.fingerprint.slice(0, 16)}${unicode(call) ? '…' : '...'}`,
      row.sans.join(', '),
    ]),
    stdout.isTTY ? stdout.columns : undefined,
  );
  for (const line of lines) stdout.write(`${unicode(call) ? line : plainSigns(line)}\n`);
}

/** `cert`, `cert list`: exit code 6 where `--within` is given and something ends by then. */
export const list: Command<[Readonly<Record<string, unknown>>]> = async (call, rest) => {
  const within = typeof rest.within === 'string' ? spanOf('--within', rest.within) * 1000 : undefined;
  const { directory, network } = await readProject(call);
  const places = placesOf(directory, network);
  const now = new Date();
  const found = await certificateRows(network, places, now, rest.all === true);
  const wanted = call.common.only ?? [];
  const named = wanted.length === 0 ? found : found.filter(({ name }) => wanted.includes(name));
  const ending = named.filter(({ kind, state, notAfter }) => {
    const counts = kind !== 'probe' && state !== 'replaced' && state !== 'revoked';
    return counts && within !== undefined && Date.parse(notAfter) <= now.getTime() + within;
  });
  const rows = within === undefined ? named : ending;
  if (call.common.json) {
    const crl = (await readLocal(places.crl))?.content.toString('utf8');
    const due = crl === undefined ? undefined : readCrl(crl).nextUpdate?.toISOString();
    const shown = rows.map((row) => (row.file ? { ...row, file: relative(directory, row.file) } : row));
    const document = { network: network.name, certificates: shown, ...(due ? { crl: { nextUpdate: due } } : {}) };
    call.io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  } else if (rows.length > 0) printRows(call, rows);
  else if (within === undefined) call.io.stderr.write('There are no certificates yet: fl-wizard certs makes them.\n');
  if (ending.length === 0) return exit.done;
  const verb = ending.length === 1 ? 'ends' : 'end';
  call.io.stderr.write(
    `${plural(ending.length, 'certificate')} ${verb} within ${String(rest.within)}: fl-wizard certs --allow-reissue makes what ends in a month anew, fl-wizard deploy places it.\n`,
  );
  return exit.proof;
};

/** The project around a certificate, where there is one. */
async function surroundings(call: Call): Promise<Surroundings | undefined> {
  try {
    const { directory, network } = await readProject(call);
    return { directory, network, places: placesOf(directory, network) };
  } catch (error) {
    // A file can be looked at anywhere.
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

export const show: Command<[readonly string[]]> = async (call, [word = '']): Promise<ExitCode> => {
  const around = await surroundings(call);
  const known = around ? filesOf(around.network, around.places) : [];
  const path = known.find(({ name }) => name === word)?.file ?? resolve(call.io.cwd, word);
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined)
    throw nothing(
      word,
      path,
      known.some(({ name }) => name === word),
    );
  const pems = certificatesIn(text);
  if (pems.length === 0) throw noCertificate(word, text);
  const now = new Date();
  const reports = await Promise.all(pems.map((pem) => certificateReport(pem, path, now, around)));
  if (call.common.json) {
    call.io.stdout.write(`${JSON.stringify(reports.length === 1 ? reports[0] : reports, null, 2)}\n`);
    return exit.done;
  }
  const blocks = reports.map((report) => certificateLines(report).join('\n'));
  const all = blocks.join('\n\n');
  call.io.stdout.write(`${unicode(call) ? all : plainSigns(all)}\n`);
  return exit.done;
};

function nothing(word: string, path: string, known: boolean): UserError {
  return new UserError({
    exitCode: exit.invalid,
    doing: `Looking for ${word}`,
    why: known ? `${path} is not there` : 'it is neither a name of this network nor a file',
    hint: known ? 'fl-wizard certs makes it' : 'fl-wizard cert lists the names',
  });
}

function noCertificate(word: string, text: string): UserError {
  const request = /-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(text);
  return new UserError({
    exitCode: exit.invalid,
    doing: `Reading ${word}`,
    why: request ? 'it is a certificate request, not a certificate' : 'there is no certificate in it (PEM)',
    hint: request ? `openssl req -in ${word} -noout -text` : 'one in DER: openssl x509 -inform DER -in FILE',
  });
}
