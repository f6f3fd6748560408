/** Places in plain values, as keys and indices. Pure. */

export function memberOf(value: unknown, name: PropertyKey): unknown {
  return value && typeof value === 'object' ? Reflect.get(value, name) : undefined;
}

/** As `clients[1].name`. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    '',
  );
}
