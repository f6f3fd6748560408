/** YAML text as a document with positions, without what the parser itself does not stand. */
import { Composer, type Document, isScalar, Lexer, LineCounter, Parser, visit } from 'yaml';

/** A network is 6 deep. The composer recurses: some 10,000 levels (20 kB) end not only it but the process. */
const deepest = 64;

export type Fault = { readonly offset: number; readonly why: string };
export type Opened = {
  readonly document?: Document;
  readonly faults: readonly Fault[];
  at(offset: number): { readonly line: number; readonly column: number };
};

/** What `parseDocument` does, stopping where it gets too deep. */
export function openDocument(text: string): Opened {
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
    if (parser.stack.length > deepest) return { at, faults: [{ offset: parser.offset, why: 'nested too deeply' }] };
  }
  tokens.push(...parser.end());
  const composer = new Composer({ uniqueKeys: false, strict: true, version: '1.2', logLevel: 'error' });
  const [document, second] = composer.compose(tokens, true, text.length);
  if (!document) return { at, faults: [] };
  if (second) return { at, faults: [{ offset: second.range[0], why: 'a second document begins here' }] };
  const faults = document.errors.map(({ pos, message }) => ({ offset: pos[0], why: message }));
  return faults.length > 0 ? { at, faults } : { at, document, faults: doubleKeys(document) };
}

/** Keys that their map has already. The composer's own search takes minutes for 100,000 keys. */
function doubleKeys(document: Document): readonly Fault[] {
  const found: Fault[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value))
          found.push({ offset: key.range?.[0] ?? 0, why: `the key ${key.value} is there twice` });
        seen.add(key.value);
      }
    },
  });
  return found;
}
