import { dirname, join } from 'node:path/posix';
import type { Import, Reading } from './reading.ts';

export type House = ReadonlyMap<string, Reading>;

/** The file that a relative import means. */
export function target(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? join(dirname(from), specifier) : undefined;
}

/** Relative imports that lead nowhere: without this, a graph would silently end there. */
export function deadEnds(house: House): string[] {
  return [...house.values()].flatMap(({ path, imports }) =>
    imports.flatMap(({ specifier, line }) => {
      const file = target(path, specifier);
      const dead = file?.startsWith('source/') && !house.has(file);
      return dead ? [`${path}:${line} imports ${specifier}, which isn't there`] : [];
    }),
  );
}

type Found = { readonly way: readonly string[]; readonly found: Import };

/** Everything outside the house that is loaded together with a file, and the way there. */
export function loadedWith(house: House, entry: string): Found[] {
  const ways = new Map([[entry, [entry]]]);
  const results: Found[] = [];
  // A map can be added to while it is walked: what is new comes later.
  for (const [path, way] of ways) {
    for (const found of house.get(path)?.imports ?? []) {
      if (found.kind !== 'static') continue;
      const file = target(path, found.specifier);
      if (file === undefined) results.push({ way: [...way.slice(0, -1), `${path}:${found.line}`], found });
      else if (!ways.has(file)) ways.set(file, [...way, file]);
    }
  }
  return results;
}

/** Names what must not be loaded with `entry`, and through which files it is. */
export function mustNotLoad(house: House, entry: string, forbidden: (specifier: string) => boolean): string[] {
  const bad = loadedWith(house, entry).filter(({ found }) => forbidden(found.specifier));
  return bad.map(
    ({ way, found }) => `${way.at(-1)} loads ${found.specifier} (${[entry, ...way.slice(1)].join(' → ')})`,
  );
}
