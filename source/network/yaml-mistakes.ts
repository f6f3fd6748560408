/**
 * What is wrong in a text that is no YAML, in words for who wrote it: the line, and what to write there. The parser's own words
 * tell of its rules, and of places far behind the slip. Pure.
 */
import type { YAMLError } from 'yaml';
import * as layout from './yaml-indentation.ts';

/** What the parser stumbled over, and in which line (from 0). */
export type Stumble = Pick<YAMLError, 'code' | 'message'> & { readonly line: number; readonly column: number };

/** A slip: in which line (from 0), what it is, and the line as it should be where that can be known. */
export type Slip = {
  readonly line: number;
  readonly why: string;
  readonly write?: string;
  /** Where another line is to be mended: it as it should be. */
  readonly mended?: { readonly line: number; readonly write: string };
};

/** Looks at a text and at what the parser stumbled over first; nothing where it is another slip. */
type Rule = (lines: readonly string[], stumble: Stumble) => Slip | undefined;

/** A key as people write one, with the dash of an item before it. */
const begin = String.raw`^(\s*(?:- +)?)([A-Za-z_][\w.-]*)`;

const noSpaceBehindDash: Rule = (lines, { line }) => {
  const [, lead = '', rest] = /^(\s*)-([A-Za-z_][\w.-]*:(?:\s.*)?)$/.exec(lines[line] ?? '') ?? [];
  return rest === undefined ? undefined : { line, why: 'no space behind the dash', write: `${lead}- ${rest}` };
};

const noColon: Rule = (lines, { line, code, message }) => {
  const text = lines[line] ?? '';
  if (code !== 'MULTILINE_IMPLICIT_KEY' && !/need to be followed by map values/.test(message)) return undefined;
  const [, lead = '', key = '', value] = new RegExp(String.raw`${begin}:(?=\S)(.*)$`).exec(text) ?? [];
  if (value !== undefined) return { line, why: 'no space behind the colon', write: `${lead}${key}: ${value}` };
  const [, before = '', word, rest = ''] = new RegExp(String.raw`${begin}(?:\s+([^:#\s][^:]*))?$`).exec(text) ?? [];
  if (word === undefined) return undefined;
  return { line, why: 'no colon behind the key', write: `${before}${word}:${rest === '' ? '' : ` ${rest}`}` };
};

const secondColon: Rule = (lines, { line, code }) => {
  if (code !== 'BLOCK_AS_IMPLICIT_KEY') return undefined;
  const [, lead = '', key = '', value] =
    new RegExp(String.raw`${begin}:\s+([^"'{[#|>].*:\s.*)$`).exec(lines[line] ?? '') ?? [];
  return value === undefined ? undefined : { line, ...quoted(`${lead}${key}: `, value, 'a second colon in the value') };
};

const strangeBegin: Rule = (lines, { line, column, code }) => {
  if (code !== 'BAD_SCALAR_START' && code !== 'BAD_ALIAS') return undefined;
  const text = lines[line] ?? '';
  const [head, rest] = [text.slice(0, column), text.slice(column)];
  const flow = /[{[]/.test(head);
  const [value = ''] = /^[^#]*?(?=\s+#|\s*$)/.exec(flow ? (/^[^,}\]]*/.exec(rest)?.[0] ?? rest) : rest) ?? [];
  const slip = quoted(head, value, `a value can’t begin with ${rest[0]} without quotes`);
  return { line, why: slip.why, write: slip.write + rest.slice(value.length) };
};

const openQuote: Rule = (lines, { message }) => {
  const [, quote] = /Missing closing (["'])/.exec(message) ?? [];
  if (quote === undefined) return undefined;
  const line = lines.findIndex((text) => withoutComment(text).split(quote).length % 2 === 0);
  const [, content = '', end = ''] = /^(.*?)(\s*[}\]]*\s*)$/.exec(lines[line] ?? '') ?? [];
  return line < 0
    ? undefined
    : { line, why: `a quote (${quote}) that is not closed`, write: content + quote + end.trimEnd() };
};

const openBracket: Rule = (lines, { line: stumbled, message }) => {
  const [, kind] = /^Flow (map|sequence) in block/.exec(message) ?? [];
  if (kind === undefined) return undefined;
  const [opens, closes] = kind === 'map' ? ['{', '}'] : ['[', ']'];
  const isOpen = (text: string) => text.split(opens ?? '').length > text.split(closes ?? '').length;
  const line = lines.findLastIndex((text, at) => at <= stumbled && isOpen(withoutComment(text)));
  if (line < 0) return undefined;
  return { line, why: `${opens} that is not closed`, write: `${(lines[line] ?? '').trimEnd()}${closes}` };
};

const behindQuote: Rule = (_, { line, code, message }) =>
  code === 'UNEXPECTED_TOKEN' && /at node end/.test(message)
    ? { line, why: 'something stands behind the end of the value: put all of it into one pair of quotes' }
    : undefined;

const noComma: Rule = (lines, { line, code }) => {
  if (code !== 'BLOCK_IN_FLOW') return undefined;
  const text = lines[line] ?? '';
  const write = text.replace(/([^\s,{[])\s+([A-Za-z_]\w*:\s)/g, '$1, $2').replace(/^([^{[]*), /, '$1 ');
  return { line, why: 'no comma between two keys in { }', ...(write === text ? {} : { write }) };
};

/** Without the comment behind it; a # in quotes is none, and then it is only a line that looks longer. */
function withoutComment(text: string): string {
  return text.replace(/(?:^|\s)#[^"']*$/, '');
}

function quoted(head: string, value: string, why: string): Required<Pick<Slip, 'why' | 'write'>> {
  return { why, write: head + JSON.stringify(value.trimEnd()) };
}

const rules: readonly Rule[] = [
  layout.belowComment,
  layout.tab,
  noSpaceBehindDash,
  openQuote,
  openBracket,
  noColon,
  secondColon,
  strangeBegin,
  noComma,
  layout.itemElsewhere,
  layout.noDash,
  layout.keyFurtherLeft,
  layout.keyElsewhere,
  behindQuote,
];

/** What the parser stumbled over, as the slip that led there. What no rule knows is told with the parser's words behind ours. */
export function slipOf(lines: readonly string[], stumbled: Stumble): Slip {
  // A comment is never wrong: what the parser stumbles over stands behind it.
  const behind = lines.findIndex((text, at) => at >= stumbled.line && !layout.isBlank(text));
  const stumble = behind < 0 ? stumbled : { ...stumbled, line: behind };
  for (const rule of rules) {
    const slip = rule(lines, stumble);
    if (slip && slip.write !== lines[slip.line]) return slip;
  }
  const [words = ''] = stumble.message.replace(/ at line \d+, column \d+:?/, '').split('\n');
  return { line: stumble.line, why: `this can’t be read as YAML (its reader says: ${words})` };
}
