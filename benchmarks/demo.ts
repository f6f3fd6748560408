/**
 * The whole job on this machine, with the Python environment cached: seconds from the start of the process to the end of
 * its third round, and to its own end. `npx tsx benchmarks/demo.ts [TIMES]`, after `npm run build`.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { circumstances, table } from './measure.ts';

const program = join(import.meta.dirname, '..', 'dist', 'fl-wizard.js');
const times = Number(process.argv[2] ?? 5);

type Result = { readonly third: number; readonly whole: number };

function once(): Promise<Result> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    let third = Number.NaN;
    const child = spawn(process.execPath, [program, 'demo', '--yes', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event: { type?: string; round?: number } = JSON.parse(line);
      // The event reaches the terminal once the monitor is attached: this is when a person sees the third round.
      if (event.type === 'round-finished' && event.round === 3) third = seconds();
    });
    child.on('close', (code) =>
      code === 0 ? resolve({ third, whole: seconds() }) : reject(new Error(`exit ${code}`)),
    );
  });
}

// The first makes the environment, where it is not cached, and is not counted.
await once();
const results: Result[] = [];
for (let round = 0; round < times; round++) results.push(await once());
console.log(circumstances());
console.log(
  table(
    [
      { name: 'to the third round, seen', values: results.map(({ third }) => third) },
      { name: 'to the end', values: results.map(({ whole }) => whole) },
    ],
    's',
  ),
);
console.log('target: 30 s to the third round on two cores');
