/** What was typed or pasted, as verbs. One place knows how terminals spell them. */
import { type Key as InkKey, useInput, useStdin } from 'ink';
import { useEffect, useRef } from 'react';
import { characters } from './editor.ts';
import { inert } from './inert.ts';

export type Key =
  | { readonly name: 'text'; readonly text: string }
  /** Lines that came as one paste: they are text, never commands. */
  | { readonly name: 'paste'; readonly lines: readonly string[] }
  | {
      readonly name:
        | 'enter'
        | 'escape'
        | 'interrupt'
        | 'up'
        | 'down'
        | 'left'
        | 'right'
        | 'page-up'
        | 'page-down'
        | 'home'
        | 'end'
        | 'backspace'
        | 'delete'
        | 'clear'
        /** From the cursor to the end of the line. */
        | 'clear-behind'
        | 'tab';
    };

/** More than a thousand hosts' lines; a pasted file of gigabytes must not fill the memory. */
const longestPaste = 1_000_000;

const controls: Readonly<Record<string, Key>> = {
  '\r': { name: 'enter' },
  '\n': { name: 'enter' },
  '\x7f': { name: 'backspace' },
  '\b': { name: 'backspace' },
  '\x03': { name: 'interrupt' },
  '\t': { name: 'tab' },
  '\x15': { name: 'clear' },
  '\x0b': { name: 'clear-behind' },
  '\x01': { name: 'home' },
  '\x05': { name: 'end' },
};

/** Typed text as keys. Several keys can come in one piece, over a slow line or from a script. */
export function typed(text: string): readonly Key[] {
  return text.split(/([\x00-\x1f\x7f])/).flatMap((part): readonly Key[] => {
    const control = controls[part];
    if (control) return [control];
    const clean = part < ' ' ? '' : inert(part);
    return clean ? [{ name: 'text', text: clean }] : [];
  });
}

/** Letters that came in one piece, where each is a command. */
export function oneByOne(key: Key): readonly Key[] {
  return key.name === 'text' ? characters(key.text).map((text) => ({ name: 'text', text })) : [key];
}

/** Pasted text as lines; empty ones are dropped. */
export function pastedLines(text: string): readonly string[] {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => inert(line).trim())
    .filter(Boolean);
}

/** @param bytes as the terminal sent them */
function special(key: InkKey, input: string, bytes: string): Key['name'] | undefined {
  if (key.ctrl && input === 'c') return 'interrupt';
  if (key.ctrl && input === 'u') return 'clear';
  if (key.ctrl && input === 'k') return 'clear-behind';
  if (key.ctrl && input === 'a') return 'home';
  if (key.ctrl && input === 'e') return 'end';
  if (key.return || input === '\n') return 'enter';
  if (key.escape) return 'escape';
  if (key.tab && !key.shift) return 'tab';
  if (key.upArrow) return 'up';
  if (key.downArrow) return 'down';
  if (key.leftArrow) return 'left';
  if (key.rightArrow) return 'right';
  if (key.pageUp) return 'page-up';
  if (key.pageDown) return 'page-down';
  if (key.home) return 'home';
  if (key.end) return 'end';
  // Terminals send DEL for the key above Enter, which Ink calls delete as well.
  if (key.delete && bytes.startsWith('\x1b[3')) return 'delete';
  if (key.backspace || key.delete) return 'backspace';
  return undefined;
}

/** What the terminal sent last, heard before Ink's own listener, which tells no longer which of two keys it was. */
function useBytes(): { readonly current: string } {
  const bytes = useRef('');
  const { internal_eventEmitter: sent } = useStdin();
  useEffect(() => {
    const hear = (data: string) => {
      bytes.current = data;
    };
    sent.on('input', hear);
    return () => {
      sent.off('input', hear);
    };
  }, [sent]);
  return bytes;
}

/** Calls `handle` with each key. Where there is no keyboard nothing is listened to. */
export function useKeys(handle: (key: Key) => void, interactive: boolean): void {
  const paste = useRef<string | undefined>(undefined);
  const bytes = useBytes();
  useInput(
    (input, key) => {
      if (input === '[200~') paste.current = '';
      else if (input === '[201~') {
        handle({ name: 'paste', lines: pastedLines(paste.current ?? '') });
        paste.current = undefined;
      } else if (paste.current !== undefined) {
        paste.current = (paste.current + (key.return ? '\n' : input)).slice(0, longestPaste);
      } else {
        const name = special(key, input, bytes.current);
        if (name) handle({ name } as Key);
        else if (!key.ctrl && !key.meta && !key.tab) for (const each of typed(input)) handle(each);
      }
    },
    { isActive: interactive },
  );
}
