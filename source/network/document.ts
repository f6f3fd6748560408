/** YAML text as a document with positions, without what the parser itself does not stand. */
import { Composer, type Document, isScalar, Lexer, LineCounter, Parser, visit, type YAMLError } from 'yaml';
import { type Slip, slipOf } from './yaml-mistakes.ts';

/** A network is 6 deep. The composer recurses: some 10,000 levels (20 kB) end not only it but the process. */
const deepest = 64;
/** More slips than anybody makes; and a large file, which takes a second to read, is not read twenty times. */
const mostMended = 20;
const mostRead = 2_000_000;

export type Fault = { readonly offset: number; readonly why: string };
export type Opened = {
  readonly document?: Document;
  readonly faults: readonly Fault[];
  /** The text with its faults mended, where that is known and makes YAML of it: for what else may be wrong in it. */
  readonly mended?: string;
  at(offset: number): { readonly line: number; readonly column: number };
};

/** What `parseDocument` does, stopping where it gets too deep, with faults in words for who wrote the text. */
export function openDocument(text: string): Opened {
  const { errors, ...opened } = parsed(text);
  if (errors.length === 0) return opened;
  return { at: opened.at, ...explained(text, errors) };
}

/** The text is mended line by line, and read again: so each slip is told once, and none for what came of another. */
function explained(text: string, first: readonly YAMLError[]): Pick<Opened, 'faults' | 'mended'> {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const starts = offsets(text);
  const faults: Fault[] = [];
  let [errors, now] = [first, text];
  const touched = new Set<number>();
  for (let reads = 0; reads < mostMended && reads * text.length < mostRead; reads++) {
    const [error] = errors;
    if (!error) return { faults, mended: now };
    const { line, column } = parsed(now).at(error.pos[0]);
    const slip = slipOf(lines, { code: error.code, message: error.message, line: line - 1, column: column - 1 });
    // A line that has been mended, and is not right, is told of once.
    if (touched.has(slip.line)) break;
    touched.add(slip.line);
    faults.push({ offset: starts[slip.line] ?? 0, why: worded(lines[slip.line] ?? '', slip) });
    const { line: where, write } = slip.mended ?? slip;
    if (write === undefined) break;
    lines[where] = write;
    now = lines.join('\n');
    errors = parsed(now).errors;
  }
  return { faults };
}

/** So much of a line says which one it is. */
const longestShown = 70;

function worded(line: string, { why, write }: Slip): string {
  const shown = (text: string) => `“${text.length > longestShown ? `${text.slice(0, longestShown)}…` : text}”`;
  // Spaces before a line are counted by nobody who reads it in a sentence.
  const spaces = /^ */.exec(write ?? '')?.[0].length ?? 0;
  if (line.trim() === '') return why;
  if (write === undefined) return `${why}: ${shown(line.trim())}`;
  if (write.trim() !== line.trim()) return `${why}: ${shown(line.trim())}; write ${shown(write.trim())}`;
  return `${why}: ${shown(line.trim())}; write ${spaces || 'no'} space${spaces === 1 ? '' : 's'} before it`;
}

function offsets(text: string): readonly number[] {
  const found = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) found.push(at + 1);
  return found;
}

/** What the parser says, in its own words. */
function parsed(text: string): Omit<Opened, 'mended'> & { readonly errors: readonly YAMLError[] } {
  const counter = new LineCounter();
  counter.addNewLine(0);
  const at: Opened['at'] = (offset) => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  // Builds its tokens without recursion; what is open stands on its stack.
  const parser = new Parser(counter.addNewLine);
  const tokens = [];
  for (const lexeme of new Lexer().lex(text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > deepest)
      return { at, errors: [], faults: [{ offset: parser.offset, why: 'nested too deeply' }] };
  }
  tokens.push(...parser.end());
  const composer = new Composer({ uniqueKeys: false, strict: true, version: '1.2', logLevel: 'error' });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (!document) return { at, errors: [], faults: [] };
  if (second) return { at, errors: [], faults: [{ offset: second.range[0], why: 'a second document begins here' }] };
  const { errors } = document;
  return errors.length > 0 ? { at, errors, faults: [] } : { at, document, errors, faults: doubleKeys(document, at) };
}

/** Keys that their map has already. The composer's own search takes minutes for 100,000 keys. */
function doubleKeys(document: Document, at: Opened['at']): readonly Fault[] {
  const found: Fault[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Map<unknown, number>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const offset = key.range?.[0] ?? 0;
        const before = seen.get(key.value);
        if (before === undefined) seen.set(key.value, offset);
        else {
          const { line } = at(before);
          const which = line === at(offset).line ? 'one of them' : `it here, or in line ${line}`;
          found.push({ offset, why: `the key ${key.value} is there twice: remove ${which}` });
        }
      }
    },
  });
  return found;
}
