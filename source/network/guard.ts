/** What the YAML parser itself does not stand: it is found before, and told like any other problem. */
import { type Document, isMap, isScalar, Lexer, Parser, visit } from 'yaml';

/** A network is 6 deep. The parser recurses, and some 10,000 levels (20 kB) end not only it but the process. */
const deepest = 64;

/** Where the text nests deeper than any network; nothing where it doesn't. */
export function tooDeepAt(text: string): number | undefined {
  // Builds tokens without recursion; what is open stands on its stack.
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme)) {
      // Finished documents are of no interest here.
    }
    if (parser.stack.length > deepest) return parser.offset;
  }
  return undefined;
}

/** Where keys stand that their map has already. The parser's own search takes minutes for 100,000 keys. */
export function doubleKeys(document: Document): readonly { readonly key: string; readonly offset: number }[] {
  const found: { key: string; offset: number }[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of isMap(map) ? map.items : []) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) found.push({ key: String(key.value), offset: key.range?.[0] ?? 0 });
        seen.add(key.value);
      }
    },
  });
  return found;
}
