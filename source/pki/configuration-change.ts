import { writeValue } from './configuration-expand.ts';
import { parseConfiguration } from './configuration-parse.ts';
import { type Configuration, type Entry, type Line, lineText } from './configuration-tree.ts';

/** The line break that the file uses. */
export function lineBreak(configuration: Configuration): string {
  return configuration.lines.some((line) => lineText(line).endsWith('\r\n')) ? '\r\n' : '\n';
}

/** The headings and entries that stand below a section's own heading (`other::key = …` may stand anywhere). */
function linesBelow(configuration: Configuration, section: string): Line[] {
  let current = 'default';
  return configuration.lines.filter((line) => {
    if (line.kind === 'heading') current = line.section;
    return line.kind !== 'filler' && current === section;
  });
}

/** Text that further lines can follow: its last line ends, and a backslash at its end doesn't join them. */
export function closed(text: string, end: string): string {
  const bare = text.replace(/\\\r?\n?$/, (match, at: number) => (text[at - 1] === '\\' ? match : ''));
  return bare === '' || bare.endsWith('\n') ? bare : bare + end;
}

/** Changes to single lines of a configuration; all the others keep every character. */
export class Change {
  readonly #configuration: Configuration;
  readonly #values = new Map<Line, string>();
  readonly #removed = new Set<Line>();
  readonly #added = new Map<Line | undefined, string[]>();

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  /** Gives an entry another value. */
  set(entry: Entry, value: string): void {
    this.#values.set(entry, writeValue(value));
  }

  remove(entry: Entry): void {
    this.#removed.add(entry);
  }

  /** Adds an entry to a section, behind a line of it, or at its end; a section without a heading gets one. */
  add(section: string, key: string, value: string, behind?: Line): void {
    const lines = linesBelow(this.#configuration, section);
    const line = behind && lines.includes(behind) ? behind : lines.at(-1);
    const added = this.#added.get(line) ?? (line ? [] : [`[${section}]`]);
    this.#added.set(line, [...added, `${key} = ${writeValue(value)}`]);
  }

  /** The changed configuration, read anew. @throws UserError (2) where the change makes the file invalid. */
  apply(): Configuration {
    const end = lineBreak(this.#configuration);
    let text = '';
    const follow = (line: Line | undefined) => {
      const added = this.#added.get(line);
      if (added) text = closed(text, end) + added.map((entry) => entry + end).join('');
    };
    for (const line of this.#configuration.lines) {
      const value = line.kind === 'entry' ? this.#values.get(line) : undefined;
      if (line.kind === 'entry' && value !== undefined) text += line.before + value + line.after;
      else if (!this.#removed.has(line)) text += lineText(line);
      follow(line);
    }
    follow(undefined);
    return parseConfiguration(text, this.#configuration.file);
  }
}
