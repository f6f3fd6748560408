/**
 * Text from hosts, events and files is hostile until it went through here. What is left cannot move the cursor, color
 * the screen, turn the writing direction or hide. Done before the layout, so that what is measured is what is shown.
 */

/** Longer than any line of a screen; keeps one line of 10 MB from being measured character by character. */
const longest = 1000;

/** A sequence can be cut by the limit, so the text is read a little further than it is shown. */
const readAhead = 4 * longest;

// ECMA-48: CSI parameters, intermediates and one final byte; strings (OSC, DCS, SOS, PM, APC) up to ST, or to BEL as
// xterm takes it. A string without an end is not one: what follows its introducer stays readable. The same
// stands in the runtime (text.py): of a sequence that lost its first byte alone, the rest would look like words.
const sequences =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)|\x1b[ -/]+[0-~]/g;
const whitespace = /[\t\n\v\f\r\x85\u2028\u2029]+|(?! )\p{Zs}/gu;
// All that is a control, a format character (bidi, zero width), a lone surrogate, private, unassigned, or drawn as
// nothing. Each is shown as a replacement character: two names that differ never look the same.
const invisible = /[\p{C}\p{Default_Ignorable_Code_Point}]/gu;
// Marks pile up over the lines above; three on one letter is more than any living script needs.
const marks = /(\p{M}{3})\p{M}+/gu;

const harmless = /^[ -~]*$/;

/** The text without anything that acts on a terminal, on one line, of bounded length. */
export function inert(text: string, limit: number = longest): string {
  if (text.length <= limit && harmless.test(text)) return text;
  const shown = text
    .slice(0, Math.max(limit, readAhead))
    .replace(sequences, '')
    .replace(whitespace, ' ')
    .replace(invisible, '\ufffd')
    .replace(marks, '$1');
  if (shown.length <= limit) return shown;
  // A cut through a surrogate pair would leave half a character.
  return `${shown.slice(0, limit - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
