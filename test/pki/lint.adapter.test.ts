import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyKind } from '../../source/pki/key.ts';
import { clientUri, dnsName, operatorUri } from '../../source/pki/names.ts';
import { typedAnswer } from '../../source/plan/step.ts';
import { CaPassphrase } from '../../source/world/ca-passphrase.ts';
import { Issuer } from '../../source/world/issue.ts';
import { tool } from '../helpers/tools.ts';
import { ec, rsa } from './helpers.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'fl-lint-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = ['ca', 'server', 'client', 'operator', 'crl'] as const;
type Name = (typeof names)[number];

/**
 * What a linter complains about though it is right, and why. Each entry has to be needed: one that no longer is makes
 * the test fail, or the list would hide what comes after it.
 */
const exceptions: readonly { on: readonly Name[]; says: RegExp; why: string }[] = [
  {
    on: ['client', 'operator'],
    says: /^pkilint pkix\.invalid_uri_syntax: .*"spiffe:\/\//,
    why: "pkilint's URI pattern takes a few schemes only, and spiffe is not among them; RFC 3986 takes any",
  },
  {
    on: ['server'],
    says: /^pkilint pkix\.invalid_domain_name_syntax: .*"localhost"$/,
    why: "a name of one label is no public name, but the demo's server is localhost; RFC 1034 takes it",
  },
];

/** Names that are hard to write: beyond ASCII in three scripts, and each character that some tool takes for a separator. */
const organization = [
  ['C', 'DE'],
  ['ST', 'Baden-Württemberg'],
  ['L', '東京'],
  ['O', 'Müller, Söhne & "Ко" + Co'],
  ['OU', 'R/D = A;I'],
] as const;
const person = 'Zoë, 1';
const server = 'bücher.example';

/** Made as the program makes them, from the actions that it performs, so that their dates are looked at as well. */
async function make(kind: KeyKind, path: string): Promise<void> {
  const now = new Date();
  const files = (name: Name) => ({ certificate: join(path, name), key: join(path, `${name}.key`) });
  const issuer = new Issuer(new CaPassphrase({ ask: async (question) => typedAnswer(question, '') }));
  const authority = { ...files('ca'), register: join(path, 'register.jsonl') };
  const common = { days: 730, key: kind, digest: 'sha256', keepKey: false };
  const subject = (name: string) => [...organization, ['CN', name] as const];
  await issuer.makeAuthority(
    {
      kind: 'make-authority',
      text: '',
      ...common,
      files: authority,
      subject: organization,
      networkName: 'network',
      days: 3650,
    },
    now,
  );
  const leaf = (purpose: 'server' | 'client' | 'operator', name: string, sans: object) => {
    const wanted = { name, purpose, subject: subject(name), files: files(purpose), ...common };
    const alternatives = { dns: [], ips: [], uris: [], ...sans };
    return issuer.issue({ kind: 'issue', text: '', authority, issue: { ...wanted, sans: alternatives } }, now);
  };
  const dns = ['scriptchain.co', dnsName(server), 'localhost'];
  await leaf('server', server, { dns, ips: ['127.0.0.1', '::1', '2001:db8::7'] });
  await leaf('client', person, { uris: [clientUri(server, 'network', person)] });
  await leaf('operator', person, { uris: [operatorUri(server, 'network', person)] });
  const revoked = {
    name: 'revoked',
    subject: subject('revoked'),
    sans: { dns: [], ips: [], uris: [clientUri(server, 'network', 'revoked')] },
  } as const;
  const probes = { kind: 'make-probes', text: '', authority, folder: join(path, 'probes'), probes: [revoked] } as const;
  await issuer.makeProbes({ ...probes, revoked: [], crl: join(path, 'crl'), days: 730, digest: 'sha256' }, now);
}

type Zlint = Record<string, { readonly result: string; readonly details?: string }>;

/** All but the rules of the web's CAs (CA/Browser Forum and root programs), which a private CA is not under. */
const sources = 'RFC3279,RFC5280,RFC5480,RFC5891,RFC8813,Community';

async function zlint(program: string, file: string): Promise<string[]> {
  const { stdout } = await run(program, ['-includeSources', sources, file]);
  const found = Object.entries(JSON.parse(stdout) as Zlint);
  // A file that it could make nothing of can't pass for a clean one.
  expect(found.filter(([, { result }]) => result === 'pass')).not.toHaveLength(0);
  const bad = found.filter(([, { result }]) => ['warn', 'error', 'fatal'].includes(result));
  return bad.map(([code, { result, details }]) => `zlint ${result} ${code}: ${details ?? ''}`);
}

type Pkilint = {
  readonly results: readonly {
    readonly finding_descriptions: readonly { readonly code: string; readonly message: string | null }[];
  }[];
};

async function pkilint(program: string, words: readonly string[], file: string): Promise<string[]> {
  // It ends with the number of its findings, so a failure tells nothing that its report does not.
  const failed = ({ stdout, stderr }: { stdout?: string; stderr?: string }) => ({ stdout: stdout || stderr || '' });
  const { stdout } = await run(program, ['lint', ...words, '-s', 'WARNING', '-f', 'JSON', file]).catch(failed);
  const { results } = JSON.parse(stdout) as Pkilint;
  const findings = results.flatMap((result) => result.finding_descriptions);
  return findings.map(({ code, message }) => `pkilint ${code}: ${message ?? ''}`);
}

const programs = { zlint: tool('zlint'), certificate: tool('lint_pkix_cert'), list: tool('lint_crl') };

describe.each<[string, KeyKind]>([
  ['RSA', rsa],
  ['EC', ec],
])('%s', (algorithm, kind) => {
  const path = join(folder, algorithm);
  beforeAll(() => make(kind, path));

  /** Holds what a linter said of a file to the exceptions: nothing more, and nothing less. */
  function judge(linter: string, name: Name, findings: readonly string[]): void {
    const mine = exceptions.filter(({ on, says }) => on.includes(name) && says.source.startsWith(`^${linter} `));
    expect(findings.filter((finding) => !mine.some(({ says }) => says.test(finding)))).toEqual([]);
    const unneeded = mine.filter(({ says }) => !findings.some((finding) => says.test(finding)));
    expect(unneeded, 'exceptions that are no longer needed').toEqual([]);
  }

  it.skipIf(!programs.zlint).each(names)('zlint finds nothing in: %s', async (name) => {
    judge('zlint', name, await zlint(programs.zlint ?? '', join(path, name)));
  });

  it.skipIf(!programs.certificate).concurrent.each(names)('pkilint finds nothing in: %s', async (name) => {
    const [program, ...words] = name === 'crl' ? [programs.list, '-t', 'CRL', '-p', 'PKIX'] : [programs.certificate];
    judge('pkilint', name, await pkilint(program ?? '', words, join(path, name)));
  });
});
