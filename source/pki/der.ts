import asn1, { type Asn1 } from 'node-forge/lib/asn1.js';

export type { Asn1 };

/** The tags that certificates use (X.680), universal class. */
const tag = {
  boolean: 1,
  integer: 2,
  bits: 3,
  octets: 4,
  none: 5,
  oid: 6,
  utf8: 12,
  sequence: 16,
  set: 17,
  printable: 19,
  ia5: 22,
  utcTime: 23,
  generalizedTime: 24,
} as const;

const context = 0x80;
const latin1 = (bytes: Buffer) => bytes.toString('latin1');
const primitive = (type: number, value: string) => asn1.create(0, type, false, value);

/** DER values by their ASN.1 names. */
export const der = {
  sequence: (...items: Asn1[]) => asn1.create(0, tag.sequence, true, items),
  set: (...items: Asn1[]) => asn1.create(0, tag.set, true, items),
  oid: (oid: string) => primitive(tag.oid, asn1.oidToDer(oid).getBytes()),
  /** DER leaves FALSE out, so there is TRUE only. */
  yes: () => primitive(tag.boolean, '\xff'),
  none: () => primitive(tag.none, ''),
  octets: (bytes: Buffer) => primitive(tag.octets, latin1(bytes)),
  /** A bit string of whole octets. */
  bits: (bytes: Buffer) => primitive(tag.bits, `\0${latin1(bytes)}`),
  /** Named bits, number 0 first, trailing zeros left out as DER wants it for named bits. */
  namedBits(numbers: readonly number[]): Asn1 {
    const last = Math.max(...numbers);
    const octets = Buffer.alloc(Math.floor(last / 8) + 1);
    for (const bit of numbers) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
    return primitive(tag.bits, String.fromCharCode(7 - (last & 7)) + latin1(octets));
  },
  /** A non-negative integer from hex digits. */
  integer(hex: string): Asn1 {
    const digits = hex.replace(/^(?:00)+(?=.)/, '');
    const bytes = Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex');
    const padded = (bytes[0] ?? 0x80) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
    return primitive(tag.integer, latin1(padded));
  },
  string(kind: 'utf8' | 'printable' | 'ia5', text: string): Asn1 {
    return primitive(tag[kind], latin1(Buffer.from(text, kind === 'utf8' ? 'utf8' : 'latin1')));
  },
  /** UTCTime until 2049, GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5); whole seconds. */
  time(date: Date): Asn1 {
    const digits = `${date.toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
    return date.getUTCFullYear() < 2050
      ? primitive(tag.utcTime, digits.slice(2))
      : primitive(tag.generalizedTime, digits);
  },
  /** `[n]`, with its own items (constructed) or in place of a primitive type (bytes). */
  tagged: (number: number, value: Asn1[] | Buffer) =>
    asn1.create(context, number, Array.isArray(value), Array.isArray(value) ? value : latin1(value)),
};

/** The bytes of a value. */
export function encode(value: Asn1): Buffer {
  return Buffer.from(asn1.toDer(value).getBytes(), 'latin1');
}

/**
 * The value of some bytes.
 * @throws Error for what is no DER, or has bytes behind it.
 */
export function decode(bytes: Buffer): Asn1 {
  return asn1.fromDer(latin1(bytes), { strict: true, parseAllBytes: true, decodeBitStrings: false });
}

/** The items of a constructed value. @throws Error for a primitive one. */
export function items(value: Asn1 | undefined): readonly Asn1[] {
  if (!value || typeof value.value === 'string') throw new Error('a constructed DER value was expected');
  return value.value;
}

/** The content of a primitive value. @throws Error for a constructed one. */
export function content(value: Asn1 | undefined): Buffer {
  if (!value || typeof value.value !== 'string') throw new Error('a primitive DER value was expected');
  return Buffer.from(value.value, 'latin1');
}

/** The dotted form of an object identifier. */
export function oidOf(value: Asn1 | undefined): string {
  return asn1.derToOid(latin1(content(value)));
}

/** The item that carries the context tag `[n]`. */
export function taggedItem(values: readonly Asn1[], number: number): Asn1 | undefined {
  return values.find((item) => item.tagClass === context && item.type === number);
}

/** The text of a string, by its type; BMPString is UTF-16, T61String read as Latin-1, as everybody does. */
export function textOf(value: Asn1): string {
  const bytes = content(value);
  if (value.type === tag.utf8) return bytes.toString('utf8');
  return value.type === 30 ? Buffer.from(bytes).swap16().toString('utf16le') : bytes.toString('latin1');
}

/** The moment of a UTCTime (1950 to 2049) or GeneralizedTime. */
export function dateOf(value: Asn1 | undefined): Date {
  const digits = content(value).toString('latin1');
  const full = value?.type === tag.utcTime ? `${Number(digits.slice(0, 2)) < 50 ? '20' : '19'}${digits}` : digits;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full) ?? [];
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(date.getTime())) throw new Error('a DER time was expected');
  return date;
}
