/** Wheels: which of them a host can use, and which of those it needs. Pure. */
import { type HostPlatform, platformTags, platformText } from './platform.ts';

/** A wheel that lies in a folder here. */
export type WheelFile = {
  /** Absolute path. */
  readonly file: string;
  readonly name: string;
  readonly size: number;
  /** The packages that it needs, as it says itself (Requires-Dist); nothing where that can't be read. */
  readonly requires?: readonly string[];
};

/** One spelling for all that the index takes for the same name (PEP 503). */
export function normalName(name: string): string {
  return name.replace(/[-_.]+/g, '-').toLowerCase();
}

type Tags = {
  readonly pythons: readonly string[];
  readonly abis: readonly string[];
  readonly platforms: readonly string[];
};

/** A wheel's file name taken apart (PEP 427); nothing for one that is none. */
export function wheelName(file: string): { readonly name: string; readonly tags: Tags } | undefined {
  const parts = file.replace(/\.whl$/, '').split('-');
  const [pythons, abis, platforms] = parts.slice(-3).map((part) => part.split('.'));
  const [name] = parts;
  if (!file.endsWith('.whl') || parts.length < 5 || parts.length > 6) return undefined;
  if (!name || !pythons || !abis || !platforms) return undefined;
  return { name: normalName(name), tags: { pythons, abis, platforms } };
}

/** Whether a Python can import what was built for these tags (PEP 425). */
function runs({ pythons, abis }: Tags, python: string): boolean {
  const [major = 0, minor = 0] = python.split('.').map(Number);
  return pythons.some((tag) => {
    const [, kind, tagMajor, tagMinor] = /^(py|cp)(\d)(\d*)$/.exec(tag) ?? [];
    if (Number(tagMajor) !== major) return false;
    const exact = tagMinor !== '' && Number(tagMinor) === minor;
    const older = tagMinor === '' || Number(tagMinor) <= minor;
    if (kind === 'py') return older && abis.includes('none');
    if (exact && (abis.includes('none') || abis.includes(`cp${major}${minor}`))) return true;
    return older && abis.includes('abi3');
  });
}

/** Whether a host can use a wheel. */
export function fits(file: string, platform: HostPlatform): boolean {
  const wheel = wheelName(file);
  if (!wheel || !runs(wheel.tags, platform.python)) return false;
  const usable = ['any', ...platformTags(platform)];
  return wheel.tags.platforms.some((tag) => usable.includes(tag));
}

type Requirement = { readonly name: string; readonly extras: readonly string[]; readonly marker: string };

function requirement(line: string): Requirement {
  const [, name = '', extras = ''] = /^\s*([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?/.exec(line) ?? [];
  const marker = line.split(/;(.*)/s)[1] ?? '';
  const asked = extras.split(',').map((each) => normalName(each.trim()));
  return { name: normalName(name), extras: asked.filter(Boolean), marker: marker.trim() };
}

/** Whether a dependency counts: one of an extra only where that was asked for. All other conditions may hold. */
function counts({ marker }: Requirement, extras: readonly string[]): boolean {
  const [, extra] = /\bextra\s*==\s*["']([^"']+)["']/.exec(marker) ?? [];
  return extra === undefined || extras.includes(normalName(extra));
}

/** What of a folder of wheels a host needs: all versions of them that it can use, since pip knows which. */
export type Needed = {
  readonly wheels: readonly WheelFile[];
  /** Packages that it needs and can have no wheel of. */
  readonly missing: readonly string[];
};

export function neededWheels(
  requirements: readonly string[],
  wheels: readonly WheelFile[],
  platform: HostPlatform,
): Needed {
  const usable = wheels.filter(({ name }) => fits(name, platform));
  const called = (name: string) => usable.filter((wheel) => wheelName(wheel.name)?.name === name);
  const needed = new Set<WheelFile>();
  const missing = new Set<string>();
  const seen = new Set<string>();
  const queue = requirements.map((line) => ({ line, sure: true }));
  for (const { line, sure } of queue) {
    const wanted = requirement(line);
    const key = `${wanted.name} ${wanted.extras.join(' ')}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const own = called(wanted.name);
    if (own.length === 0 && sure && wanted.marker === '') missing.add(line.trim());
    for (const wheel of own) {
      needed.add(wheel);
      const inner = (wheel.requires ?? []).filter((each) => counts(requirement(each), wanted.extras));
      // Of several versions pip may take another, which does not need it.
      queue.push(...inner.map((each) => ({ line: each, sure: own.length === 1 })));
    }
  }
  // What one needs can't be known where it doesn't say so: then all may be needed.
  const all = [...needed].some(({ requires }) => requires === undefined);
  return { wheels: all ? usable : [...needed], missing: [...missing] };
}

/** What a host lacks, as one sentence. */
export function missingText(missing: readonly string[], platform: HostPlatform): string {
  const names = missing.map((line) => line.replace(/\s*;.*$/, ''));
  return `there is no wheel of ${names.join(', ')} for ${platformText(platform)}`;
}
