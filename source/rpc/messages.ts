/**
 * Messages as the journal has them: members in camelCase, what is absent left out, 64-bit numbers as numbers (a journal
 * stays far below 2^53 events). Ten thousand a second: each is taken out of the bytes once, with no form in between.
 */
import type { Field, Message, Type } from 'protobufjs';

export type Plain = Readonly<Record<string, unknown>>;

type Take = (value: unknown) => unknown;
type Member = {
  readonly name: string;
  readonly as: string;
  /** Of such, what was not sent is absent; of others it is their default. */
  readonly mayBeAbsent: boolean;
  readonly take: Take;
};

/** A message has no word for an absent list or map; in the journal these are absent rather than empty. */
const neverEmpty: ReadonlySet<string> = new Set(['failures', 'not_finite', 'metrics']);
const large: ReadonlySet<string> = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64']);

const known = new WeakMap<Type, readonly Member[]>();

/** @param message of this type, as protobufjs decodes it */
export function plainOf(type: Type, message: Message): Plain {
  return withMembers({}, type, message);
}

function withMembers(plain: Record<string, unknown>, type: Type, message: Message): Plain {
  const told = message as unknown as Record<string, unknown>;
  for (const { name, as, mayBeAbsent, take } of membersOf(type)) {
    if (mayBeAbsent && !Object.hasOwn(told, name)) continue;
    const value = told[name];
    const taken = value === null || value === undefined ? undefined : take(value);
    if (taken !== undefined) plain[as] = taken;
  }
  return plain;
}

/**
 * A message that is one of several kinds: the kind as `type`, in the journal's form (`round-finished`), and its members
 * beside those that all kinds have. Nothing where a newer server has sent a kind that is not known here.
 */
function kindOf(type: Type, kinds: readonly Field[], message: Message): Plain | undefined {
  const kind = kinds.find(({ name }) => Object.hasOwn(message, name));
  if (!kind) return undefined;
  const plain = withMembers({ type: dashed(kind.name) }, type, message) as Record<string, unknown>;
  return withMembers(
    plain,
    kind.resolvedType as Type,
    (message as unknown as Record<string, Message>)[kind.name] as Message,
  );
}

/** The kinds of which a message is one. What is optional is a oneof as well, of a single member. */
function kindsOf({ oneofsArray }: Type): readonly Field[] {
  return oneofsArray.find(({ fieldsArray }) => fieldsArray.length > 1)?.fieldsArray ?? [];
}

function made(type: Type): readonly Member[] {
  const kinds = kindsOf(type);
  return type.fieldsArray.filter((field) => !kinds.includes(field)).map(memberOf);
}

/** Those of one kind alone are not among them. */
function membersOf(type: Type): readonly Member[] {
  const found = known.get(type) ?? made(type);
  known.set(type, found);
  return found;
}

function memberOf(field: Field): Member {
  const { name, partOf, repeated } = field.resolve();
  const each = takeOf(field);
  const take: Take =
    // A map travels as its entries, since the descriptors are read without their options.
    name === 'metrics' ? numbers : repeated ? (values) => listOf(values, each, neverEmpty.has(name)) : each;
  return { name, as: camel(name), mayBeAbsent: partOf !== null && partOf !== undefined, take };
}

function takeOf({ type, resolvedType }: Field): Take {
  if (resolvedType && 'fieldsArray' in resolvedType) {
    const kinds = kindsOf(resolvedType);
    return kinds.length > 0
      ? (value) => kindOf(resolvedType, kinds, value as Message)
      : (value) => plainOf(resolvedType, value as Message);
  }
  if (large.has(type)) return numberOf;
  // What JSON has no number for: in a journal it would be null.
  return type === 'double' || type === 'float'
    ? (value) => (Number.isFinite(value) ? value : undefined)
    : (value) => value;
}

/** One of Long's own would go through a text. */
function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : (value as { toNumber(): number }).toNumber();
}

function listOf(values: unknown, take: Take, absentWhenEmpty: boolean): readonly unknown[] | undefined {
  const all: unknown[] = [];
  for (const value of values as readonly unknown[]) {
    const taken = take(value);
    if (taken !== undefined) all.push(taken);
  }
  return absentWhenEmpty && all.length === 0 ? undefined : all;
}

type Entry = { readonly key: string; readonly value: number };

/** A metric's name is the strategy's, and stays as it is. */
function numbers(entries: unknown): Readonly<Record<string, number>> | undefined {
  const all: Record<string, number> = {};
  let some = false;
  for (const { key, value } of entries as readonly Entry[]) {
    some = true;
    // `__proto__` is a name like any other.
    if (Number.isFinite(value))
      Object.defineProperty(all, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return some ? all : undefined;
}

/** For the few names that there are: ten thousand events a second ask for them. */
function remembered(make: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const found = known.get(name) ?? make(name);
    known.set(name, found);
    return found;
  };
}

/** `not_finite` as `notFinite`. */
const camel = remembered((name) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));

/** `round_finished` as `round-finished`. */
const dashed = remembered((name) => name.replaceAll('_', '-'));
