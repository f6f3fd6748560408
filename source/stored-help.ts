/**
 * The help of all commands as the build has written it down, and its lines for a terminal's width, as commander breaks them
 * (test/stored-help.test.ts compares all of it). To load commander's own would double what help costs beside Node's start.
 */

type Item = readonly [term: string, meaning: string];

/** A heading, and what stands below it. */
export type Section = readonly [heading: string, items: readonly Item[]];

export type CommandHelp = {
  readonly usage: string;
  readonly description: string;
  readonly sections: readonly Section[];
  /** Notes and examples, as they are. */
  readonly after: string;
};

export type StoredHelp = {
  readonly version: string;
  /** By the words that lead to a command: '' is the program itself. */
  readonly commands: Readonly<Record<string, CommandHelp>>;
};

/** Columns. For fewer of them commander breaks no lines. */
const narrowest = 40;

function broken(text: string, width: number): string[] {
  if (width < narrowest) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.match(/\s*\S+/g) ?? []) {
    if (line === '' || line.length + word.length <= width) line += word;
    else {
      lines.push(line);
      line = word.trimStart();
    }
  }
  return [...lines, line];
}

/**
 * What commander prints for a command's `--help`.
 *
 * @param path - The words that lead to the command, with a space between them.
 * @param columns - Of the terminal; 80 where there is none, as commander has it.
 * @returns Nothing for a command that there isn't.
 */
export function helpOf({ commands }: StoredHelp, path: string, columns = 80): string | undefined {
  const command = Object.hasOwn(commands, path) ? commands[path] : undefined;
  if (command === undefined) return undefined;
  const { usage, description, sections, after } = command;
  const widest = Math.max(...sections.flatMap(([, items]) => items.map(([term]) => term.length)));
  // Two columns before a term, and two behind it.
  const indent = widest + 4;
  const itemOf = ([term, meaning]: Item) =>
    `  ${term.padEnd(widest)}  ${broken(meaning, columns - indent).join(`\n${' '.repeat(indent)}`)}`;
  const below = sections.flatMap(([heading, items]) => [heading, ...items.map(itemOf), '']);
  return [`Usage: ${usage}`, '', ...broken(description, columns), '', ...below].join('\n') + after;
}
