import { type Asn1, der, items, oidOf, textOf } from './der.ts';
import { attributeNamed, attributeType, type Subject, subjectEntry } from './subject.ts';

/**
 * The DER of a subject, one attribute to a set, in the order given.
 * @throws UserError (2) for attributes that are not valid.
 */
export function encodeName(subject: Subject): Asn1 {
  return der.sequence(
    ...subject.map(([name, text]) => {
      const [type, value] = subjectEntry(name, text);
      const attribute = attributeNamed(type);
      if (!attribute) throw new Error(`no attribute ${type}`);
      return der.set(der.sequence(der.oid(attribute.oid), der.string(attribute.string, value)));
    }),
  );
}

/** The attributes of a name in a certificate or request, in its order. @throws Error for what is no name. */
export function decodeName(name: Asn1 | undefined): Subject {
  return items(name).flatMap((set) =>
    items(set).map((pair): readonly [string, string] => {
      const [type, value] = items(pair);
      if (!value) throw new Error('an attribute has no value');
      return [attributeType(oidOf(type)), textOf(value)];
    }),
  );
}

/** A name for people, on one line: `C=US, O=ScriptChain, CN=a\, b`. Control characters are escaped as `\0A`. */
export function nameText(subject: Subject): string {
  const code = (character: string) => `\\${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  const escaped = (value: string) => value.replace(/[\\,+"<>;=]/g, '\\$&').replace(/\p{Cc}/gu, code);
  return subject.map(([type, value]) => `${type}=${escaped(value)}`).join(', ');
}
