/** Keys as nobody types them: bursts, pastes and resizes from a seed, and what holds for each frame between them. */
import stringWidth from 'string-width';
import { expect } from 'vitest';
import { type Key, pastedLines, typed } from '../../source/ui/keys.ts';
import type { Line, Size } from '../../source/ui/line.ts';

/** Numbers from 0 to below 1 (mulberry32): the same for the same seed. */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export type Draw = {
  chance(share: number): boolean;
  pick<T>(from: readonly T[]): T;
  between(least: number, most: number): number;
};

export function drawFrom(seed: number): Draw {
  const next = numbersFrom(seed);
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    chance: (share) => next() < share,
    pick: <T>(from: readonly T[]) => from[between(0, from.length - 1)] as T,
    between,
  };
}

/** What a terminal sends for keys that have a name; Ctrl-C is left out: it ends everything, as it must. */
export const named: Readonly<Partial<Record<Key['name'], string>>> = {
  enter: '\r',
  escape: '\x1b',
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  home: '\x1b[H',
  end: '\x1b[F',
  'page-up': '\x1b[5~',
  'page-down': '\x1b[6~',
  backspace: '\x7f',
  clear: '\x15',
  tab: '\t',
};

const names = Object.keys(named) as (keyof typeof named)[];
/** All keys that mean something anywhere but y, and some that mean nothing. */
const letters = [...'nNqQtowelLcjkdbmfsrv/?w +0'];
const hostile = [
  '漢字',
  '👩‍👩‍👧',
  'e\u0301\u0301\u0301\u0301',
  '\u202eabc',
  '\x1b[2J',
  '\x1b]0;owned\x07',
  '\u200b',
  '\x00\x08',
  '\u009b31m',
  'x'.repeat(700),
];
const lines = ['a fl@10.0.0.9', 'y', 'q', '[200~', 'site1..3 fl@h{1..3}', '\x1b[31mred', '# none', ...hostile];

export type Input =
  | { readonly kind: 'keys'; readonly keys: readonly Key[] }
  | { readonly kind: 'resize'; readonly size: Size };

/**
 * `yes`: whether y and Y may come; `secret`: what stands for each typed text, where it must not be seen; `rare`: keys that end
 * a screen, which come seldom, or nothing else would be tried on it.
 */
export type Alphabet = {
  readonly yes: boolean;
  readonly secret?: readonly string[];
  readonly rare?: readonly string[];
};

const countOf = (input: Input) => (input.kind === 'keys' ? input.keys.length : 1);

const wordOf = (key: Key) => (key.name === 'text' ? key.text : key.name);

/** A burst, a paste, or a resize from 20x5 to 200x60. */
export function inputFrom(draw: Draw, { yes, secret, rare = [] }: Alphabet): Input {
  if (draw.chance(0.06)) return { kind: 'resize', size: { columns: draw.between(20, 200), rows: draw.between(5, 60) } };
  const words = secret ?? [...letters, ...hostile, ...(yes ? ['y', 'Y'] : [])];
  const paste = secret ?? lines;
  const one = (): readonly Key[] => {
    if (draw.chance(0.03)) {
      const text = Array.from({ length: draw.between(0, 4) }, () => draw.pick(paste)).join(
        draw.pick(['\n', '\r\n', '\r']),
      );
      return [{ name: 'paste', lines: pastedLines(text) }];
    }
    return draw.chance(0.45) ? [{ name: draw.pick(names) } as Key] : typed(draw.pick(words));
  };
  // What a terminal hands over as an escape among text is a key by then.
  const keys = Array.from({ length: draw.between(1, draw.pick([2, 40, 40])) }, one).flat();
  const meant = (key: Key) => key.name !== 'interrupt' && (!rare.includes(wordOf(key)) || draw.chance(0.1));
  return { kind: 'keys', keys: keys.filter(meant) };
}

/** Most lines are those of the frame before. */
const widths = new Map<string, number>();

/** How wide a line is in a terminal; an error where it would act on one. */
function widthOfInert(text: string): number {
  const known = widths.get(text);
  if (known !== undefined) return known;
  if (/[\x00-\x1f\x7f-\x9f\u200b\u202e]/.test(text)) throw new Error(`a control in ${JSON.stringify(text)}`);
  const width = stringWidth(text);
  if (widths.size > 20_000) widths.clear();
  widths.set(text, width);
  return width;
}

/** Whole, inert and inside of the terminal. */
export function checkFrame(frame: readonly Line[], { columns, rows }: Size, secret: readonly string[] = []): void {
  if (frame.length > rows) throw new Error(`${frame.length} lines in ${rows} rows`);
  for (const line of frame) {
    const text = line.map((span) => span.text).join('');
    if (widthOfInert(text) > columns) throw new Error(`wider than ${columns}: ${JSON.stringify(text)}`);
    if (secret.some((each) => text.includes(each))) throw new Error(`a secret in ${JSON.stringify(text)}`);
    if (secret.length > 0 && text.split('•').length > 13) throw new Error('as many dots as the secret is long');
  }
}

/** One screen, opened anew for each session. */
export type Opened = {
  key(key: Key, size: Size): void;
  frame(size: Size): readonly Line[];
  /** What must not have happened, as an error; called after each input. */
  check?(): void;
  /** Whether somebody has left it: then the next session begins. */
  gone?(): boolean;
  /** The fixed keys that lead out, and whether they did; `leaving` comes before them. */
  leaving?(): void;
  readonly out: readonly Key[];
  isOut(): boolean;
  close?(): void;
};

const sessionKeys = 100;
export const keysEach = 10_000;

/** `FL_FUZZ_SEED=N` repeats what failed. */
const seed = Number(process.env.FL_FUZZ_SEED ?? Date.now() % 1_000_000_000);

/** Ten thousand keys in sessions of a hundred, and after each the way back. */
export async function fuzz(
  name: string,
  alphabet: Alphabet,
  open: (seed: number) => Opened | Promise<Opened>,
): Promise<number> {
  let sent = 0;
  for (let session = 0; sent < keysEach; session += 1) {
    const own = seed + session * 7919;
    const told: Input[] = [];
    try {
      sent += await oneSession(drawFrom(own), alphabet, await open(own), told);
    } catch (error) {
      const last = told.slice(-4).map((input) => JSON.stringify(input).slice(0, 600));
      throw new Error(
        `${name}, FL_FUZZ_SEED=${own}: ${error instanceof Error ? error.message : error}\n${last.join('\n')}`,
      );
    }
  }
  expect(sent).toBeGreaterThanOrEqual(keysEach);
  return sent;
}

const turns = 4;

async function oneSession(draw: Draw, alphabet: Alphabet, screen: Opened, told: Input[]): Promise<number> {
  let size: Size = draw.pick([
    { columns: 120, rows: 40 },
    { columns: 80, rows: 24 },
    { columns: 40, rows: 12 },
  ]);
  let sent = 0;
  while (sent < sessionKeys && !screen.gone?.()) {
    const input = inputFrom(draw, alphabet);
    told.push(input);
    sent += countOf(input);
    if (input.kind === 'resize') size = input.size;
    else for (const key of input.keys) screen.key(key, size);
    // Whoever asked hears the answer, and asks the next.
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    checkFrame(screen.frame(size), size, alphabet.secret);
    screen.check?.();
  }
  screen.leaving?.();
  // What can't be seen can't be answered: for the way back the terminal is large enough again.
  if (size.columns < 30 || size.rows < 8) size = { columns: 40, rows: 12 };
  for (const key of screen.out) {
    screen.key(key, size);
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  }
  checkFrame(screen.frame(size), size, alphabet.secret);
  screen.check?.();
  if (!screen.isOut())
    throw new Error(
      `no way back: ${screen
        .frame(size)
        .map((line) => line.map(({ text }) => text).join(''))
        .join('\n')}`,
    );
  screen.close?.();
  return sent;
}
