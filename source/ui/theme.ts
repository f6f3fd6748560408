/** How things look, as data: what a tone means, which sign a state has, and what stands in where only ASCII is. */
import type { ClientState } from '../plan/event.ts';
import type { ActionView, StepView } from '../plan/reduce.ts';

/** What a text means. A color never says it alone: a sign or a word says the same. */
export type Tone = 'plain' | 'dim' | 'strong' | 'good' | 'bad' | 'warn' | 'accent';

export type Style = readonly ('bold' | 'dim' | 'green' | 'red' | 'magenta' | 'cyan')[];

/** Only the terminal's own colors, which its owner made readable; no yellow, which light themes swallow. */
export const styles: Readonly<Record<Tone, Style>> = {
  plain: [],
  dim: ['dim'],
  strong: ['bold'],
  good: ['green'],
  bad: ['red', 'bold'],
  warn: ['magenta'],
  accent: ['cyan', 'bold'],
};

export type Sign = { readonly text: string; readonly tone: Tone };

export const stepSigns: Readonly<Record<StepView['status'], Sign>> = {
  waiting: { text: '·', tone: 'dim' },
  looking: { text: '◐', tone: 'accent' },
  planned: { text: '?', tone: 'accent' },
  doing: { text: '◐', tone: 'accent' },
  changed: { text: '✓', tone: 'good' },
  unchanged: { text: '✓', tone: 'good' },
  // It is as it was. With ASCII alone, a dash says that nobody has looked.
  declined: { text: '=', tone: 'warn' },
  failed: { text: '✗', tone: 'bad' },
};

export const actionSigns: Readonly<Record<ActionView['status'], Sign>> = {
  waiting: { text: '○', tone: 'dim' },
  doing: { text: '◐', tone: 'accent' },
  done: { text: '✓', tone: 'good' },
  failed: { text: '✗', tone: 'bad' },
};

export const stateTones: Readonly<Record<ClientState, Tone>> = {
  starting: 'dim',
  connected: 'plain',
  training: 'good',
  evaluating: 'good',
  idle: 'plain',
  failed: 'bad',
  refused: 'bad',
  lost: 'bad',
  stopped: 'warn',
  restarting: 'warn',
};

/** A quarter turn each tick tells that something is going on without making the eye jump. */
export const spinner = ['◐', '◓', '◑', '◒'] as const;

const standIns: Readonly<Record<string, string>> = {
  '✓': '+',
  '✗': 'x',
  '○': '.',
  '◐': '*',
  '◓': 'o',
  '◑': '*',
  '◒': 'o',
  '●': '*',
  '❯': '>',
  '▸': '>',
  '→': '>',
  '·': '-',
  '…': '~',
  '─': '-',
  '│': '|',
  '┌': '+',
  '┐': '+',
  '└': '+',
  '┘': '+',
  '├': '+',
  '┤': '+',
  '█': '#',
  '░': '.',
  '▏': '.',
  '▎': '.',
  '▍': '.',
  '▌': '#',
  '▋': '#',
  '▊': '#',
  '▉': '#',
  '↑': '^',
  '↓': 'v',
  '▲': '^',
  '▼': 'v',
  '∞': '8',
  '’': "'",
  '“': '"',
  '”': '"',
  '‹': '<',
  '›': '>',
  '≥': '>',
  '–': '-',
  '•': '*',
};

/** Our own signs and punctuation with ASCII alone; letters of people's names stay as they are. */
export function plainSigns(text: string): string {
  return text.replace(/[‘’“”…–—·✓✗○]/g, (character) => (character === '…' ? '...' : (standIns[character] ?? '-')));
}

/** The same text in the same columns, with ASCII alone. */
export function toAscii(text: string, widthOf: (text: string) => number): string {
  return text.replace(/[^ -~]/gu, (character) => standIns[character] ?? '?'.repeat(widthOf(character)));
}
