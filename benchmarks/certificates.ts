/**
 * A CA, a server's and N clients' certificates: ours beside openssl and NVFlare, and beside the keys alone, in one run.
 * `npx tsx benchmarks/certificates.ts [--rounds 5] [--sizes 2,100] [--large 1000] [--algorithms rsa,ec] [--node PATH]…`,
 * after `npm run build`. `--node` is a path or a major version, which is fetched, and may be said several times.
 */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { nodeAt, nvflare } from './certificates/installed.ts';
import { type Outcome, targets } from './certificates/targets.ts';
import {
  type Algorithm,
  keysAlone,
  nvflareProvision,
  opensslLoop,
  opensslOnAllCores,
  ours,
  type Result,
  type Way,
  type Work,
} from './certificates/ways.ts';
import { circumstances, median, table } from './measure.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    sizes: { type: 'string', default: '2,100' },
    large: { type: 'string', default: '1000' },
    algorithms: { type: 'string', default: 'rsa,ec' },
    node: { type: 'string', multiple: true, default: [process.execPath] },
  },
});
const rounds = Number(options.rounds);
/** A thousand RSA keys take over a minute on Node 20, and so many even out by themselves. */
const largeRsaRounds = 1;
const words = (list: string) => list.split(',').filter(Boolean);
const nodes = options.node.map(nodeAt);
const flare = nvflare();

/** At a large N only what a target speaks of. */
function waysOf({ algorithm, clients }: Work, large: boolean): Way[] {
  const own = nodes.flatMap((node) => [ours(node, 'script'), ...(clients > 2 ? [ours(node, 'terminal')] : [])]);
  if (algorithm === 'ec') return [...(large ? [] : [opensslLoop]), opensslOnAllCores, ...own];
  const keys = clients > 2 ? nodes.map(keysAlone) : [];
  return large
    ? [...keys, ...own]
    : [opensslLoop, opensslOnAllCores, ...(flare ? [nvflareProvision(flare)] : []), ...keys, ...own];
}

async function measured(work: Work, ways: readonly Way[], times: number): Promise<Outcome> {
  const results = ways.map(() => [] as Result[]);
  // In turn, so that a burst of load hits all of them.
  for (let round = 0; round < times; round++)
    for (const [at, way] of ways.entries()) results[at]?.push(await way.run(work));
  return { work, results: new Map(ways.map(({ name }, at) => [name, results[at] ?? []])) };
}

function print({ work, results }: Outcome): void {
  const all = [...results];
  console.log(`\n${work.algorithm.toUpperCase()}, ${work.clients} clients`);
  console.log(
    table(
      all.map(([name, each]) => ({ name, values: each.map(({ seconds }) => seconds) })),
      's',
    ),
  );
  for (const [name, each] of all) {
    const of = (pick: (result: Result) => number | undefined) => each.flatMap((result) => pick(result) ?? []);
    const [peaks, blocks, late] = [of(({ peak }) => peak), of(({ blocked }) => blocked), of(({ late }) => late)];
    if (peaks.length === 0) continue;
    const most = (values: readonly number[]) => `${Math.max(...values).toFixed(0)} ms`;
    console.log(
      `${name}: peak ${median(peaks).toFixed(0)} MB; blocked for ${most(blocks)} at most, ${most(late)} with waiting for a core`,
    );
  }
}

console.log(circumstances());
console.log(execFileSync('openssl', ['version'], { encoding: 'utf8' }).trim());
for (const { version, openssl: own } of nodes) console.log(`Node ${version} with OpenSSL ${own}`);
console.log(flare ? `NVFlare ${flare.version}` : 'NVFlare: skipped, it could not be installed');

const algorithms = words(options.algorithms) as Algorithm[];
const groups = algorithms.flatMap((algorithm) => [
  ...words(options.sizes).map((size) => ({ algorithm, clients: Number(size), large: false })),
  ...words(options.large).map((size) => ({ algorithm, clients: Number(size), large: true })),
]);
const outcomes: Outcome[] = [];
// Two clients warm up files and modules for all sizes.
for (const algorithm of algorithms)
  await measured({ algorithm, clients: 2 }, waysOf({ algorithm, clients: 2 }, false), 1);
for (const { large, ...work } of groups) {
  const times = large && work.algorithm === 'rsa' ? largeRsaRounds : rounds;
  const outcome = await measured(work, waysOf(work, large), times);
  print(outcome);
  outcomes.push(outcome);
}
console.log(`\n${circumstances()}\n${targets(nodes, outcomes).join('\n')}`);
