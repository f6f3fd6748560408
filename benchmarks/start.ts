/** How long a command takes to say its first word, beside Node itself. `npx tsx benchmarks/start.ts [TIMES]` */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { circumstances, table } from './measure.ts';

const program = join(import.meta.dirname, '..', 'dist', 'fl-wizard.js');
const times = Number(process.argv[2] ?? 15);
const ways = [
  { name: 'node -e 0', words: ['-e', '0'] },
  { name: '--version', words: [program, '--version'] },
  { name: '--help', words: [program, '--help'] },
];

function milliseconds(words: readonly string[]): number {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, words, { stdio: 'ignore' });
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${status}`);
  return performance.now() - started;
}

for (const { words } of ways) milliseconds(words);
const values = ways.map(() => [] as number[]);
// In turn, so that a burst of load hits all of them.
for (let round = 0; round < times; round++)
  for (const [at, { words }] of ways.entries()) values[at]?.push(milliseconds(words));
console.log(circumstances());
console.log(
  table(
    ways.map(({ name }, at) => ({ name, values: values[at] ?? [] })),
    'ms',
  ),
);
console.log('target: --help and --version at most 1.15 of node -e 0');
