/** One line of text that is being typed. Pure. */
import type { Key } from './keys.ts';

export type Editor = { readonly text: string /** In characters as people count them. */; readonly cursor: number };

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** Longer than any name, address or path that is asked for. */
const longest = 500;

export function editorOf(text: string): Editor {
  return { text, cursor: characters(text).length };
}

export function characters(text: string): readonly string[] {
  return Array.from(graphemes.segment(text), ({ segment }) => segment);
}

/** The text after a key, or nothing where the key does not edit. */
export function edit(editor: Editor, key: Key): Editor | undefined {
  const all = characters(editor.text);
  const at = Math.min(editor.cursor, all.length);
  const moved = (cursor: number): Editor => ({ ...editor, cursor: Math.max(0, Math.min(all.length, cursor)) });
  switch (key.name) {
    case 'text': {
      const typed = characters(key.text).slice(0, Math.max(0, longest - all.length));
      return { text: [...all.slice(0, at), ...typed, ...all.slice(at)].join(''), cursor: at + typed.length };
    }
    case 'backspace':
      return at === 0 ? editor : { text: [...all.slice(0, at - 1), ...all.slice(at)].join(''), cursor: at - 1 };
    case 'delete':
      return { text: [...all.slice(0, at), ...all.slice(at + 1)].join(''), cursor: at };
    case 'clear-behind':
      return { text: all.slice(0, at).join(''), cursor: at };
    case 'left':
      return moved(at - 1);
    case 'right':
      return moved(at + 1);
    case 'home':
      return moved(0);
    case 'end':
      return moved(all.length);
    case 'clear':
      return editorOf('');
    default:
      return undefined;
  }
}
