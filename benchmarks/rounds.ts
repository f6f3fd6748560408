/**
 * Seconds a round: Flower under our runtime (mutual TLS, journal, weights on disk) beside the same scripts with Flower's
 * own one-way TLS, in one run, round by round in turn. `npx tsx benchmarks/rounds.ts [--rounds 10] [--clients 20]
 * [--sizes 1000,1000000,50000000] [--large-clients 4]`, on Linux, after `npm run build`; `npm test` makes its Python
 * environment, FL_WIZARD_PYTHON names another one. All clients are on this machine, and share its cores.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { circumstances, median, table } from './measure.ts';
import { makeNetwork, python, type Size, type Way } from './rounds/network.ts';
import { inTurn, type Round } from './rounds/turns.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    clients: { type: 'string', default: '20' },
    sizes: { type: 'string', default: '1000,1000000,50000000' },
    // Twenty of 50 MB each, twice, would need more memory than a small machine has.
    'large-clients': { type: 'string', default: '4' },
  },
});
/** From here on weights are large. */
const large = 10_000_000;
/** At most so much slower than Flower alone. */
const target = 1.05;
const names: Readonly<Record<Way, string>> = {
  flower: 'Flower, its own one-way TLS',
  ours: 'fl-wizard, mutual TLS and journal',
};

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function report({ clients, bytes }: Size, results: ReadonlyMap<Way, readonly Round[]>): string {
  const of = (way: Way, pick: (round: Round) => number) => (results.get(way) ?? []).map(pick);
  const rows = [...results.keys()].map((way) => ({ name: names[way], values: of(way, ({ seconds }) => seconds) }));
  // Each round beside the one before it: what else the machine does falls out.
  const [theirs, ours] = [of('flower', ({ seconds }) => seconds), of('ours', ({ seconds }) => seconds)];
  const ratio = median(ours.map((seconds, at) => seconds / (theirs[at] ?? Number.NaN)));
  const cpu = [...results.keys()].map((way) => {
    // Linux counts in hundredths of a second, which a round of small weights takes a few of: only their sum says much.
    const [server, rest] = [of(way, (round) => round.server), of(way, (round) => round.clients)].map(mean);
    return `${names[way].padEnd(40)} CPU of the server ${server?.toFixed(4)} s, of all clients ${rest?.toFixed(4)} s`;
  });
  const word = ratio <= target ? 'met   ' : 'missed';
  const verdict = `${word} ${ratio.toFixed(3)} of Flower's own, round by round; at most ${target}`;
  return `\n${clients} clients, ${bytes} bytes of weights\n${table(rows, 's')}\n${cpu.join('\n')}\n${verdict}`;
}

async function compare(size: Size): Promise<string> {
  const networks = { flower: await makeNetwork('flower', size), ours: await makeNetwork('ours', size) };
  try {
    return report(size, await inTurn<Way>({ flower: networks.flower.start, ours: networks.ours.start }, size.rounds));
  } catch (error) {
    const logs = Object.values(networks).map(({ log }) => readFileSync(log, 'utf8').slice(-3000));
    throw new Error(logs.join('\n'), { cause: error });
  } finally {
    for (const network of Object.values(networks)) network.stop();
  }
}

const print = 'print("Python", platform.python_version(), "flwr", flwr.__version__, "grpc", grpc.__version__)';
const { stdout, error } = spawnSync(python, ['-c', `import flwr, grpc, platform; ${print}`], { encoding: 'utf8' });
if (error) throw new Error('no Python with Flower: FL_WIZARD_PYTHON names one', { cause: error });
console.log(`${circumstances()}\n${stdout.trim()}`);
for (const bytes of options.sizes.split(',').map(Number)) {
  const clients = Number(bytes >= large ? options['large-clients'] : options.clients);
  console.log(await compare({ clients, rounds: Number(options.rounds), bytes }));
}
console.log(`\n${circumstances()}`);
process.exit(0);
