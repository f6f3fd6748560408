/**
 * The monitor under load, in a terminal of 120x40: 1,000 clients with ten changes a second each, told by the runtime's own
 * journal and monitor over mutual TLS; and 100,000 lines of log a second. Beside it, in turn, a table of all clients as
 * Ink draws it. `npx tsx benchmarks/monitor.ts [--seconds 60] [--peer-seconds 10] [--clients 1000] [--rate 10]
 * [--lines 100000] [--times 1] [--sizes 10000,50000,100000]`, on Linux, after `npm run build`; FL_WIZARD_PYTHON names a Python with Flower.
 */
import { parseArgs } from 'node:util';
import { circumstances, median } from './measure.ts';
import { grown } from './monitor/growth.ts';
import { serve } from './monitor/served.ts';
import { bundled, type Result, show } from './monitor/shown.ts';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    'peer-seconds': { type: 'string', default: '10' },
    clients: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '10' },
    lines: { type: 'string', default: '100000' },
    times: { type: 'string', default: '1' },
    sizes: { type: 'string', default: '10000,50000,100000' },
  },
});
const [clients, rate, lines] = [Number(options.clients), Number(options.rate), Number(options.lines)];
/** Until the JIT compiler has seen all of it, seconds. */
const warm = 5;

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

type Measure = {
  readonly name: string;
  readonly of: (result: Result) => number;
  readonly unit: string;
  readonly most?: number;
};

const measures: readonly Measure[] = [
  { name: 'CPU', of: ({ cpu }) => cpu * 100, unit: '% of a core', most: 30 },
  { name: 'frames', of: ({ frames, seconds }) => frames.length / seconds, unit: 'a second', most: 30 },
  { name: 'frame p50', of: ({ frames }) => median(frames), unit: 'ms' },
  { name: 'frame p99', of: ({ frames }) => quantile(frames, 0.99), unit: 'ms', most: 8 },
  { name: 'memory, at most', of: ({ peak }) => peak, unit: 'MB', most: 140 },
  { name: 'memory, first ten seconds', of: ({ memory }) => median(memory.slice(0, 10)), unit: 'MB' },
  { name: 'memory, last ten seconds', of: ({ memory }) => median(memory.slice(-10)), unit: 'MB' },
  { name: 'to the terminal', of: ({ bytes }) => bytes / 1000, unit: 'KB/s', most: 10 },
  { name: 'events', of: ({ told, seconds }) => told / seconds, unit: 'a second' },
  { name: 'event to frame p50', of: ({ latencies }) => quantile(latencies, 0.5), unit: 'ms', most: 40 },
  { name: 'event to frame p99', of: ({ latencies }) => quantile(latencies, 0.99), unit: 'ms', most: 80 },
  { name: 'key to frame p50', of: ({ keyed }) => quantile(keyed, 0.5), unit: 'ms' },
  { name: 'key to frame p99', of: ({ keyed }) => quantile(keyed, 0.99), unit: 'ms', most: 50 },
];

function report(title: string, ours: readonly Result[], peers: readonly Result[] = []): void {
  console.log(`\n${title}`);
  for (const { name, of, unit, most } of measures) {
    const values = ours.map(of);
    const own = median(values);
    if (Number.isNaN(own)) continue;
    const word = most === undefined ? '      ' : own <= most ? 'met   ' : 'missed';
    const limit = most === undefined ? '' : `, at most ${most}`;
    const spread = values.length > 1 ? ` (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})` : '';
    const other = peers.length > 0 ? median(peers.map(of)) : Number.NaN;
    const beside = Number.isNaN(other) ? '' : `; Ink, all rows: ${other.toFixed(1)}, ratio ${(own / other).toFixed(2)}`;
    console.log(`${word} ${name.padEnd(26)} ${own.toFixed(1).padStart(8)} ${unit}${spread}${limit}${beside}`);
  }
}

const [ours, peer] = [await bundled('ours.ts'), await bundled('peer.tsx')];

/** One run of one program, with a server of its own. */
async function once(
  program: string,
  seconds: number,
  perSecond: number,
  more: { lines?: number; keys?: boolean } = {},
) {
  const server = await serve();
  await server.tell({ clients, rate: perSecond });
  const { folder, port } = server;
  const task = { folder, port, warm, seconds, lines: more.lines ?? 0 };
  const result = await show(program, task, more.keys ?? true);
  const said = await server.end();
  console.log(
    `the server: ${((said.cpu / (seconds + warm)) * 100).toFixed(0)} % of a core, ${said.memory.toFixed(0)} MB`,
  );
  return result;
}

console.log(circumstances());
const found = { ours: [] as Result[], peers: [] as Result[], lines: [] as Result[] };
for (let time = 0; time < Number(options.times); time++) {
  if (Number(options['peer-seconds']) > 0)
    found.peers.push(await once(peer, Number(options['peer-seconds']), clients * rate, { keys: false }));
  if (rate > 0) found.ours.push(await once(ours, Number(options.seconds), clients * rate));
  if (lines > 0) found.lines.push(await once(ours, Number(options.seconds), clients, { lines }));
}
if (found.ours.length > 0) report(`${clients} clients, ${rate} changes a second each`, found.ours, found.peers);
if (found.lines.length > 0) report(`${lines} lines of log a second, and ${clients} changes`, found.lines);
if (options.sizes) {
  const reader = await bundled('reader.ts');
  console.log('\nHow a run grows');
  for (const size of options.sizes.split(',')) console.log(await grown(reader, Number(size), clients));
}
console.log(`\n${circumstances()}`);
process.exit(0);
