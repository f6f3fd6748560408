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

/** @param message of this type, as protobufjs decodes it; which member of a oneof is set is told as well */
export function plainOf(type: Type, message: Message): Plain {
  const told = message as unknown as Record<string, unknown>;
  const plain: Record<string, unknown> = {};
  for (const { name, as, mayBeAbsent, take } of membersOf(type)) {
    if (mayBeAbsent && !Object.hasOwn(told, name)) continue;
    const value = told[name];
    const taken = value === null || value === undefined ? undefined : take(value);
    if (taken !== undefined) plain[as] = taken;
  }
  return plain;
}

/** The member of a oneof that is set, by its name there; nothing where a newer server has set one that is not known here. */
export function setIn(plain: Plain, type: Type, oneof: string): string | undefined {
  return type.oneofs[oneof]?.oneof.find((name) => camel(name) in plain);
}

function membersOf(type: Type): readonly Member[] {
  const found = known.get(type) ?? type.fieldsArray.map(memberOf);
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
  if (resolvedType && 'fieldsArray' in resolvedType) return (value) => plainOf(resolvedType, value as Message);
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
  const all = Array.isArray(values) ? values.map(take) : [];
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
export function remembered(make: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const found = known.get(name) ?? make(name);
    known.set(name, found);
    return found;
  };
}

/** `not_finite` as `notFinite`. */
export const camel = remembered((name) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
