import { exit, UserError } from '../plan/failure.ts';

/** A distinguished name as its attributes in order, e.g. `[['C', 'US'], ['CN', 'scriptchain.co']]`. */
export type Subject = readonly (readonly [type: string, value: string])[];

/** How an attribute is written in DER (RFC 5280, appendix A) and how long it may be, in characters. */
export type Attribute = {
  readonly type: string;
  readonly oid: string;
  readonly string: 'utf8' | 'printable' | 'ia5';
  readonly longest: number;
};

/** OpenSSL's long and short names, the object identifier, and the upper bounds of RFC 5280, appendix A.1. */
const table: readonly (readonly [names: string, oid: string, longest: number, string?: 'printable' | 'ia5'])[] = [
  ['C countryName', '2.5.4.6', 2, 'printable'],
  ['ST stateOrProvinceName', '2.5.4.8', 128],
  ['L localityName', '2.5.4.7', 128],
  ['street streetAddress', '2.5.4.9', 128],
  ['postalCode', '2.5.4.17', 40],
  ['O organizationName', '2.5.4.10', 64],
  ['OU organizationalUnitName', '2.5.4.11', 64],
  ['CN commonName', '2.5.4.3', 64],
  ['serialNumber', '2.5.4.5', 64, 'printable'],
  ['title', '2.5.4.12', 64],
  ['GN givenName', '2.5.4.42', 64],
  ['SN surname', '2.5.4.4', 64],
  ['emailAddress', '1.2.840.113549.1.9.1', 255, 'ia5'],
  ['DC domainComponent', '0.9.2342.19200300.100.1.25', 63, 'ia5'],
  ['UID userId', '0.9.2342.19200300.100.1.1', 256],
];

const byName = new Map<string, Attribute>();
const byOid = new Map<string, string>();
for (const [names, oid, longest, string = 'utf8'] of table) {
  const spellings = names.split(' ');
  const type = spellings[0] ?? oid;
  byOid.set(oid, type);
  for (const spelling of spellings) byName.set(spelling, { type, oid, longest, string });
}

/** The attribute that OpenSSL means by a short or long name (they are case-sensitive), if it is one that we write. */
export function attributeNamed(name: string): Attribute | undefined {
  return byName.get(name);
}

/** The short name of an object identifier in a certificate; the identifier itself where none is known. */
export function attributeType(oid: string): string {
  return byOid.get(oid) ?? oid;
}

// Control characters break every display; the bidirectional ones make a name look like another one.
const unseen = /[\p{Cc}\p{Surrogate}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;
const printable = /^[A-Za-z0-9 '()+,./:=?-]*$/;

function trouble(type: string, value: string): string | undefined {
  const attribute = byName.get(type);
  if (!attribute) return `"${type}" is no subject attribute known here`;
  const length = [...value].length;
  if (value.trim() === '') return `${type} is empty`;
  if (unseen.test(value)) return `${type} holds a control character, or one that is not seen`;
  if (length > attribute.longest) return `${type} has ${length} characters, ${attribute.longest} is the most`;
  if (attribute.type === 'C' && !/^[A-Z]{2}$/.test(value))
    return `${type} is not a country code of two capital letters`;
  if (attribute.string === 'printable' && !printable.test(value)) return `${type} takes plain letters and digits only`;
  if (attribute.string === 'ia5' && /[^\x20-\x7e]/.test(value)) return `${type} takes ASCII only`;
  return undefined;
}

/**
 * One attribute of a subject, its type in the short form.
 * @throws UserError (2) for an unknown type, a value that is empty or too long, and characters that are not allowed.
 */
export function subjectEntry(type: string, value: string): readonly [type: string, value: string] {
  const why = trouble(type, value);
  if (why) throw new UserError({ exitCode: exit.invalid, doing: 'Checking the subject', why });
  return [byName.get(type)?.type ?? type, value];
}

// "<O> FL Root CA" has to stay within the 64 characters of a CN.
const suffix = ' FL Root CA';
const longestOwner = 64 - suffix.length;

/** The CA's own subject: the `[dn]` with the CN `<O> FL Root CA`; the network's name where there is no O. */
export function authoritySubject(subject: Subject, networkName: string): Subject {
  const owner = subject.find(([type]) => attributeNamed(type)?.type === 'O')?.[1] ?? networkName;
  const commonName = `${[...owner].slice(0, longestOwner).join('').trimEnd()}${suffix}`;
  const rest = subject.filter(([type]) => attributeNamed(type)?.type !== 'CN');
  return [...rest, ['CN', commonName]];
}
