import { Change, closed, lineBreak } from './configuration-change.ts';
import { type NetworkValues, needsUtf8, normalValues, profileSections, sectionText } from './configuration-new.ts';
import { parseConfiguration } from './configuration-parse.ts';
import {
  type Configuration,
  type Entry,
  entriesOf,
  hasSection,
  lookUp,
  printConfiguration,
  sectionNames,
} from './configuration-tree.ts';
import { alternativeKind, subjectType } from './configuration-values.ts';
import { dnsName, ipAddress } from './names.ts';

function setKey(configuration: Configuration, section: string, key: string, value: string): Configuration {
  const entry = lookUp(configuration, section, key);
  if (entry?.value === value) return configuration;
  const change = new Change(configuration);
  if (entry) change.set(entry, value);
  else change.add(section, key, value);
  return change.apply();
}

/** The first key that is not taken yet, which it then is: OU, 2.OU; DNS.1, DNS.2. */
function freeKey(taken: Set<string>, candidate: (count: number) => string): string {
  let count = 1;
  while (taken.has(candidate(count))) count += 1;
  taken.add(candidate(count));
  return candidate(count);
}

/** The types that the values name are set; those that they leave out stay as they are. */
function setSubject(configuration: Configuration, values: NetworkValues): Configuration {
  const section = sectionNames(configuration).subject;
  const unused = new Set(entriesOf(configuration, section));
  const taken = new Set([...unused].map((entry) => entry.key));
  const change = new Change(configuration);
  let behind: Entry | undefined;
  for (const [type, value] of values.subject) {
    const entry = [...unused].find((candidate) => subjectType(candidate.key) === type);
    if (entry) unused.delete(entry);
    if (!entry)
      change.add(
        section,
        freeKey(taken, (count) => (count === 1 ? type : `${count}.${type}`)),
        value,
        behind,
      );
    else if (entry.value !== value) change.set(entry, value);
    behind = entry ?? behind;
  }
  const named = new Set(values.subject.map(([type]) => type));
  for (const entry of unused) if (named.has(subjectType(entry.key))) change.remove(entry);
  return change.apply();
}

function normalName(entry: Entry): string {
  try {
    return alternativeKind(entry.key) === 'IP' ? ipAddress(entry.value) : dnsName(entry.value);
  } catch {
    // What is no name is none of those that are wanted, and gives way to one.
    return entry.value;
  }
}

/** The names of one kind become those of the values; lines that name one of them already are left alone. */
function setNames(configuration: Configuration, kind: 'DNS' | 'IP', wanted: readonly string[]): Configuration {
  const section = sectionNames(configuration).alternatives;
  const entries = entriesOf(configuration, section).filter((entry) => alternativeKind(entry.key) === kind);
  const missing = new Set(wanted);
  const stale = entries.filter((entry) => !missing.delete(normalName(entry)));
  const taken = new Set(entries.map((entry) => entry.key));
  const change = new Change(configuration);
  for (const name of missing) {
    const entry = stale.shift();
    if (entry) change.set(entry, name);
    else
      change.add(
        section,
        freeKey(taken, (count) => `${kind}.${count}`),
        name,
        entries.at(-1),
      );
  }
  for (const entry of stale) change.remove(entry);
  return change.apply();
}

/**
 * The configuration with the network's values and nothing else changed: comments, order, unknown sections, attributes
 * that the values don't name, and default_bits and default_md where they are left out, stay to the character.
 * @throws UserError (2) for values that no certificate can hold.
 */
export function setValues(configuration: Configuration, values: NetworkValues): Configuration {
  const wanted = normalValues(values);
  let result = configuration;
  if (values.bits !== undefined) result = setKey(result, 'req', 'default_bits', String(values.bits));
  if (values.digest !== undefined) result = setKey(result, 'req', 'default_md', values.digest);
  if (needsUtf8(wanted.subject)) result = setKey(result, 'req', 'utf8', 'yes');
  result = setSubject(result, wanted);
  return setNames(setNames(result, 'DNS', wanted.dns), 'IP', wanted.ips);
}

const profileNames = ['v3_ca', 'v3_server', 'v3_client'] as const;

/** Adds those of [v3_ca], [v3_server] and [v3_client] that are missing; what is there stays as it is. */
export function addProfileSections(configuration: Configuration, algorithm: 'rsa' | 'ec' = 'rsa'): Configuration {
  const end = lineBreak(configuration);
  const profile = profileSections(algorithm, sectionNames(configuration).alternatives);
  const missing = [...profile].filter(([name]) => !hasSection(configuration, name));
  if (missing.length === 0) return configuration;
  const added = missing.map(([name, lines]) => `\n${sectionText(name, lines)}`).join('');
  const text = closed(printConfiguration(configuration), end) + added.replaceAll('\n', end);
  return parseConfiguration(text, configuration.file);
}

/** The names of the [v3_*] sections that say something else than the profile does: they are written, never obeyed. */
export function editedProfileSections(configuration: Configuration): string[] {
  const text = (lines: readonly string[]) =>
    lines
      .map((line) => line.replace(/\s/g, ''))
      .sort()
      .join('\n');
  const { alternatives } = sectionNames(configuration);
  const profiles = (['rsa', 'ec'] as const).map((algorithm) => profileSections(algorithm, alternatives));
  return profileNames.filter((name) => {
    const found = text(entriesOf(configuration, name).map((entry) => `${entry.key}=${entry.value}`));
    return hasSection(configuration, name) && profiles.every((profile) => text(profile.get(name) ?? []) !== found);
  });
}
