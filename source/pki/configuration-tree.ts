/**
 * OpenSSL's configuration format (config(5)) as lines that print back to the very same text.
 * A logical line may span several physical ones, joined by a backslash at their ends.
 */

/** A `key = value` line, cut so that `before + raw + after` is the text as it stood. */
export type Entry = {
  readonly kind: 'entry';
  /** The section that it belongs to; `default` above the first heading. */
  readonly section: string;
  readonly key: string;
  /** The value as OpenSSL understands it: quotes, escapes and variables resolved. */
  readonly value: string;
  readonly before: string;
  readonly raw: string;
  readonly after: string;
  /** Where the key stands, both counted from 1, the column in UTF-16 units. */
  readonly line: number;
  readonly column: number;
};

/** A `[section]` heading. */
export type Heading = { readonly kind: 'heading'; readonly section: string; readonly text: string };

/** A comment or an empty line. */
export type Filler = { readonly kind: 'filler'; readonly text: string };

export type Line = Entry | Heading | Filler;

/** A configuration file: its name (for messages) and all its lines. */
export type Configuration = { readonly file: string; readonly lines: readonly Line[] };

/** The text of a configuration: what was parsed, unchanged. */
export function printConfiguration(configuration: Configuration): string {
  return configuration.lines.map(lineText).join('');
}

/** One line as it stands in the file, its line break included. */
export function lineText(line: Line): string {
  return line.kind === 'entry' ? line.before + line.raw + line.after : line.text;
}

/** The entries of a section in order, those of a section that is opened twice together. */
export function entriesOf(configuration: Configuration, section: string): readonly Entry[] {
  return configuration.lines.filter((line) => line.kind === 'entry' && line.section === section) as readonly Entry[];
}

/** The entry for a key, looked for in the section and then, as OpenSSL does, above the first heading. */
export function lookUp(configuration: Configuration, section: string, key: string): Entry | undefined {
  const named = (name: string) => entriesOf(configuration, name).find((entry) => entry.key === key);
  return named(section) ?? named('default');
}

/** Whether there is such a section, empty or not. */
export function hasSection(configuration: Configuration, section: string): boolean {
  return configuration.lines.some((line) => line.kind !== 'filler' && line.section === section);
}

/** The sections that matter here, by the names that the file itself gives them. */
export type SectionNames = { readonly subject: string; readonly alternatives: string };

/** Follows `distinguished_name` and `req_extensions` → `subjectAltName = @…`; the tutorial's names where they lead nowhere. */
export function sectionNames(configuration: Configuration): SectionNames {
  const subject = lookUp(configuration, 'req', 'distinguished_name')?.value ?? 'dn';
  const extensions = lookUp(configuration, 'req', 'req_extensions')?.value ?? 'req_ext';
  const names = lookUp(configuration, extensions, 'subjectAltName')?.value.match(/^@(.+)$/)?.[1];
  return { subject, alternatives: names?.trim() ?? 'alt_names' };
}
