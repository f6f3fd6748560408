/** A program on a terminal of 120x40: what it writes there is counted, and keys are pressed. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { build } from 'esbuild';
import { environment, newFolder } from '../process.ts';
import { clock, type Figures, type Task } from './gauge.ts';

const root = join(import.meta.dirname, '..', '..');

/** Bundled as the package is: React's development build would be twice as large and half as fast. */
export async function bundled(entry: string): Promise<string> {
  const path: string = join(root, 'scripts', 'support', 'bundling.js');
  const { bundling } = await import(path);
  const folder = newFolder();
  await build(bundling(join(import.meta.dirname, entry), folder));
  return join(folder, `${parse(entry).name}.mjs`);
}

export type Result = Figures & {
  /** Bytes a second that went to the terminal. */
  readonly bytes: number;
  /** From a key to its frame, milliseconds. */
  readonly keyed: readonly number[];
};

/** Down and up in turn. */
const arrows = ['\x1b[B', '\x1b[A'];
/** Milliseconds; no multiple of a frame's. */
const betweenKeys = 970;

export async function show(program: string, task: Omit<Task, 'figures'>, keys: boolean): Promise<Result> {
  const figures = join(newFolder(), 'figures.json');
  const words = [
    ...(process.env.FLAGS ?? '').split(' ').filter(Boolean),
    program,
    JSON.stringify({ ...task, figures } satisfies Task),
  ];
  const pty = spawn(process.execPath, words, { name: 'xterm-256color', cols: 120, rows: 40, env: environment });
  const written: { at: number; bytes: number }[] = [];
  const pressed: number[] = [];
  let said = '';
  pty.onData((text) => {
    written.push({ at: clock(), bytes: Buffer.byteLength(text) });
    if (process.env.DUMP) appendFileSync(process.env.DUMP, text);
    said = (said + text).slice(-3000);
  });
  const press = () => {
    pressed.push(clock());
    pty.write(arrows[pressed.length % 2] ?? '');
  };
  // Not before the screen is there: the terminal would echo them.
  const later = setTimeout(() => {
    if (keys) pressing = setInterval(press, betweenKeys);
  }, task.warm * 500);
  let pressing: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => pty.onExit(() => resolve()));
  clearTimeout(later);
  clearInterval(pressing);
  if (!existsSync(figures)) throw new Error(`no figures: ${said}`);
  const found: Figures = JSON.parse(readFileSync(figures, 'utf8'));
  const counts = (at: number) => at >= found.from && at <= found.to;
  const bytes = written.reduce((sum, each) => sum + (counts(each.at) ? each.bytes : 0), 0) / found.seconds;
  const keyed = pressed.flatMap((at, place) => (counts(at) ? [(found.keys[place] ?? Number.NaN) - at] : []));
  return { ...found, bytes, keyed: keyed.filter((each) => !Number.isNaN(each)) };
}
