/** The configuration from which plain openssl makes a request on another machine. Pure. */
import { writeValue } from './configuration-expand.ts';
import { profileSections, sectionText, subjectLines } from './configuration-new.ts';
import type { Purpose, Sans } from './extensions.ts';
import { type Subject, subjectEntry } from './subject.ts';

/** What a request asks for. */
export type RequestValues = {
  readonly subject: Subject;
  readonly purpose: Purpose;
  readonly sans: Sans;
  /** The kind of its key, which decides a server's keyUsage. */
  readonly algorithm: 'rsa' | 'ec';
};

/**
 * An openssl configuration with the subject as it is, to the last octet of its DER, and the profile's extensions.
 * @throws UserError (2) for a subject that no certificate can hold.
 */
export function requestConfiguration({ subject, purpose, sans, algorithm }: RequestValues): string {
  const section = purpose === 'server' ? 'v3_server' : 'v3_client';
  // Only the CA has an authority's key to name; every name stands on its own line, so that a comma in one is no end.
  const wanted = (profileSections(algorithm).get(section) ?? []).filter(
    (line) => !/^(authorityKeyIdentifier|subjectAltName)\b/.test(line),
  );
  const names = ([['DNS', sans.dns] as const, ['IP', sans.ips], ['URI', sans.uris]] as const).flatMap(
    ([kind, values]) => values.map((value, at) => `${kind}.${at + 1} = ${writeValue(value)}`),
  );
  const request = [
    'prompt = no',
    'utf8 = yes',
    'string_mask = utf8only',
    'distinguished_name = dn',
    'req_extensions = wanted',
  ];
  return [
    sectionText('req', request),
    sectionText('dn', subjectLines(subject.map(([type, value]) => subjectEntry(type, value)))),
    sectionText('wanted', [...wanted, 'subjectAltName = @names']),
    sectionText('names', names),
  ].join('\n');
}
