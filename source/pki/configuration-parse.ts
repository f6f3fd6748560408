import { commentStart, expand } from './configuration-expand.ts';
import {
  type LogicalLine,
  logicalLines,
  placeOf,
  refuseAt,
  sourceOffset,
  withoutEnding,
} from './configuration-lines.ts';
import { type Configuration, type Entry, hasSection, type Line, sectionNames } from './configuration-tree.ts';

// The characters of a name, as OpenSSL's table has them; each pattern here takes linear time on hostile text.
const heading = /^[ \t\r]*\[([A-Za-z0-9!%&*+,\-./;?@^_|~ \t\r]+)\]/;
const assignment =
  /^[ \t\r]*((?:[A-Za-z0-9!%&*+,\-./;?@^_|~]|\\.)+)(?:::((?:[A-Za-z0-9!%&*+,\-./;?@^_|~]|\\.)+))?[ \t\r]*=[ \t\r]*/;
const directive = /^[ \t\r]*\.(include|pragma)(?![A-Za-z0-9_])/;

/** A file that was made to hurt: expanded values together longer than any sensible file. */
const mostExpanded = 1_048_576;

/** What has been read so far: the current section, and each key's entry by section. */
class Reading {
  readonly lines: Line[] = [];
  readonly #entries = new Map<string, Map<string, Entry>>();
  #section = 'default';
  #expanded = 0;

  constructor(readonly file: string) {}

  #refuse(line: LogicalLine, offset: number, why: string, hint?: string): never {
    const place = placeOf(line, offset);
    refuseAt(this.file, place.line, place.column, why, hint);
  }

  read(line: LogicalLine): void {
    const text = line.text.slice(0, commentStart(line.text));
    const named = heading.exec(text)?.[1]?.trim();
    if (/^[ \t\r]*$/.test(text)) this.lines.push({ kind: 'filler', text: line.source });
    else if (named) {
      this.#section = named;
      this.lines.push({ kind: 'heading', section: this.#section, text: line.source });
    } else this.#readEntry(line, text);
  }

  #readEntry(line: LogicalLine, text: string): void {
    const start = text.search(/[^ \t\r]/);
    if (text[start] === '[') this.#refuse(line, start, 'the heading of a section is not valid', 'write [name]');
    const special = directive.exec(text)?.[1];
    if (special) this.#refuse(line, start, `.${special} is refused: what is signed has to stand in this file`);
    const match = assignment.exec(text);
    if (!match) this.#refuse(line, start, 'neither [section] nor key = value');
    const [all, first = '', second] = match;
    const [section, key] = second === undefined ? [this.#section, first] : [first, second];
    const known = this.#entries.get(section)?.get(key);
    if (known) this.#refuse(line, start, `the key "${key}" is in [${section}] twice (first in line ${known.line})`);
    const raw = withoutEnding(text.slice(all.length), ' \t\r');
    const value = this.#expand(line, section, all.length, raw);
    const [from, to] = [sourceOffset(line, all.length), sourceOffset(line, all.length + raw.length)];
    const pieces = {
      before: line.source.slice(0, from),
      raw: line.source.slice(from, to),
      after: line.source.slice(to),
    };
    this.#add({ kind: 'entry', section, key, value, ...pieces, ...placeOf(line, start) });
  }

  #expand(line: LogicalLine, section: string, start: number, raw: string): string {
    const result = expand(raw, section, (from, name) => this.#entries.get(from)?.get(name)?.value);
    if ('why' in result) this.#refuse(line, start + result.at, result.why, result.hint);
    this.#expanded += result.value.length;
    if (this.#expanded > mostExpanded) this.#refuse(line, start, 'the variables make the file longer than 1 MB');
    return result.value;
  }

  #add(entry: Entry): void {
    this.lines.push(entry);
    const section = this.#entries.get(entry.section) ?? new Map<string, Entry>();
    this.#entries.set(entry.section, section.set(entry.key, entry));
  }
}

/** Refuses a file without the sections that certificates are made from, at its end: there they are missing. */
function requireSections(configuration: Configuration, lastLine: number): void {
  const missing = (section: string) =>
    refuseAt(
      configuration.file,
      lastLine,
      1,
      `the section [${section}] is missing`,
      `add [${section}], or remove the file and run config`,
    );
  if (!hasSection(configuration, 'req')) missing('req');
  const { subject, alternatives } = sectionNames(configuration);
  if (!hasSection(configuration, subject)) missing(subject);
  if (!hasSection(configuration, alternatives)) missing(alternatives);
}

/**
 * Reads OpenSSL's configuration format without losing a character of it.
 * Takes CRLF, a BOM, tabs, comments, continuation lines, quotes, `$name` and `${section::name}`.
 * @throws UserError (2) with file:line:column: `.include`, `.pragma`, `$ENV::`, a key twice in a section, NUL,
 * lines over 65,536 characters, files over 1 MB, and a missing [req], [dn] or [alt_names].
 */
export function parseConfiguration(text: string, file: string): Configuration {
  if (text.length > mostExpanded) refuseAt(file, 1, 1, 'the file is larger than 1 MB');
  const reading = new Reading(file);
  const lines = logicalLines(text, file);
  for (const line of lines) reading.read(line);
  const configuration = { file, lines: reading.lines };
  requireSections(configuration, Math.max(1, lines.at(-1)?.number ?? 1));
  return configuration;
}
