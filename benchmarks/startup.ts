/**
 * How soon the program is there, and what it weighs: `--help`, `--version` and the wizard's first frame beside Node itself,
 * a key to its frame, and `npx` of the packed file into an empty cache beside npm's own start. `npx tsx benchmarks/startup.ts
 * [TIMES]`, after `npm run build`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { circumstances, median, table } from './measure.ts';
import { environment, newFolder } from './process.ts';

const root = join(import.meta.dirname, '..');
const program = join(root, 'dist', 'fl-wizard.js');
const times = Number(process.argv[2] ?? 15);
/** What stands on the first screen as soon as it does. */
const first = 'Try it on this machine';
/** Keys whose frames are waited for, in one process. */
const keys = 200;

function milliseconds(words: readonly string[]): number {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, words, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}`);
  return performance.now() - started;
}

/** A program on a terminal of 80x24, in an empty folder and with an empty home. */
function open(command: string, words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const home = newFolder();
  const begun = performance.now();
  const pty = spawn(command, [...words], {
    name: 'xterm-256color',
    cols: 80,
    rows: 24,
    cwd: newFolder(),
    env: { ...environment, HOME: home, ...env },
  });
  let said = '';
  let waiting: { readonly good: () => boolean; readonly seen: () => void } | undefined;
  pty.onData((text) => {
    said += text;
    if (waiting?.good()) waiting.seen();
  });
  return {
    begun,
    press: (key: string) => {
      said = '';
      pty.write(key);
    },
    until: (word: string) =>
      new Promise<void>((resolve) => {
        waiting = { good: () => said.includes(word), seen: resolve };
        if (waiting.good()) resolve();
      }),
    async end() {
      const ended = new Promise<void>((resolve) => pty.onExit(() => resolve()));
      pty.write('q');
      await ended;
    },
  };
}

async function firstFrame(): Promise<number> {
  const opened = open(process.execPath, [program]);
  await opened.until(first);
  const took = performance.now() - opened.begun;
  await opened.end();
  return took;
}

async function keysToFrames(): Promise<readonly number[]> {
  const opened = open(process.execPath, [program]);
  await opened.until(first);
  const took: number[] = [];
  for (let at = 0; at < keys; at++) {
    const [key, shown] = at % 2 === 0 ? ['\x1b[B', 'fl-wizard init'] : ['\x1b[A', 'fl-wizard demo'];
    const begun = performance.now();
    opened.press(key ?? '');
    await opened.until(shown ?? '');
    took.push(performance.now() - begun);
  }
  await opened.end();
  return took;
}

type Packed = { readonly filename: string; readonly size: number; readonly unpackedSize: number };

function pack(): Packed & { readonly file: string } {
  const folder = newFolder();
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [packed] = JSON.parse(execFileSync('npm', words, { cwd: root, encoding: 'utf8' })) as readonly Packed[];
  if (!packed) throw new Error('npm packed nothing');
  return { ...packed, file: join(folder, packed.filename) };
}

/** `npx` with an empty cache: with the packed file to the first frame, and npm alone. */
async function npx(file: string): Promise<{ readonly ours: number; readonly npm: number }> {
  const empty = () => ({ npm_config_cache: newFolder(), npm_config_update_notifier: 'false' });
  const opened = open('npx', ['--yes', '--package', file, 'fl-wizard'], empty());
  await opened.until(first);
  const ours = performance.now() - opened.begun;
  await opened.end();
  const begun = performance.now();
  spawnSync('npx', ['--version'], { stdio: 'ignore', env: { ...environment, HOME: newFolder(), ...empty() } });
  return { ours, npm: performance.now() - begun };
}

const ways = [
  { name: 'node -e 0', measure: async () => milliseconds(['-e', '0']) },
  { name: '--version', measure: async () => milliseconds([program, '--version']) },
  { name: '--help', measure: async () => milliseconds([program, '--help']) },
  { name: 'first frame of the wizard', measure: firstFrame },
];
for (const { measure } of ways) await measure();
const values = ways.map(() => [] as number[]);
// In turn, so that a burst of load hits all of them.
for (let round = 0; round < times; round++)
  for (const [at, { measure }] of ways.entries()) values[at]?.push(await measure());
const pressed = [...(await keysToFrames())].sort((a, b) => a - b);
const packed = pack();
const [ours, npm] = [[] as number[], [] as number[]];
for (let round = 0; round < Math.min(times, 5); round++) {
  const each = await npx(packed.file);
  ours.push(each.ours);
  npm.push(each.npm);
}

console.log(circumstances());
console.log(
  table(
    ways.map(({ name }, at) => ({ name, values: values[at] ?? [] })),
    'ms',
  ),
);
console.log('targets: --help and --version at most 1.15 of node -e 0, the first frame at most 2.9');
const p99 = pressed[Math.floor(pressed.length * 0.99)] ?? Number.NaN;
console.log(`key to frame: p50 ${median(pressed).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, at most 33`);
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(2);
console.log(`packed ${megabytes(packed.size)} MB, at most 1.5; unpacked ${megabytes(packed.unpackedSize)} MB`);
const beyond = (median(ours) - median(npm)) / 1000;
console.log(`npx of it into an empty cache: ${beyond.toFixed(2)} s beyond npm's own start, at most 3`);
process.exit(0);
