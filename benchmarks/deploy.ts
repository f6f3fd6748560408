/**
 * Three small files to N hosts: ours beside scp, Ansible, and connecting alone, in one run.
 * `npx tsx benchmarks/deploy.ts [--rounds 5] [--sizes 2,10,50] [--parallel 16] [--ways ours,floor,…]`, as root on Linux
 * with sshd, after `npm run build`. CPU is counted beside the clock: hosts on one machine share its cores.
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { Sshd } from '../test/helpers/sshd.ts';
import { checkCopied, makeFolders, startHosts } from './deploy/hosts.ts';
import { ansibleCopy, type Copying, scpAtOnce, scpLoop } from './deploy/others.ts';
import { bundledFloor, connectAlone, makeProject, type Project } from './deploy/ours.ts';
import { judged, names, type Result, type Way } from './deploy/targets.ts';
import { circumstances, median, table } from './measure.ts';
import { type Ended, newFolder } from './process.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    sizes: { type: 'string', default: '2,10,50' },
    // The default of fl-wizard, and the width of the floor.
    parallel: { type: 'string', default: '16' },
    ways: { type: 'string', default: Object.keys(names).join(',') },
  },
});
const rounds = Number(options.rounds);
const width = Number(options.parallel);
const sizes = options.sizes.split(',').map(Number);
const ways = options.ways.split(',').filter((word): word is Way => word in names);

function version(command: string, ...words: string[]): string {
  const { stdout, stderr, error } = spawnSync(command, words, { encoding: 'utf8' });
  return error ? `${command}: not here` : (`${stdout}${stderr}`.trim().split('\n')[0] ?? '');
}

const hosts = await startHosts(newFolder(), Math.max(...sizes));
const floor = await bundledFloor();
let made = 0;

type Work = { readonly hosts: readonly Sshd[]; readonly project: Project };
type Used = Pick<Ended, 'seconds' | 'cpu'>;

/** Copies into a new folder in each home, and looks whether all arrived. */
async function copied(work: Work, copy: (copying: Copying) => Promise<Used>): Promise<Used> {
  const folder = `copy-${++made}`;
  makeFolders(work.hosts, folder);
  const { certificates } = work.project;
  const used = await copy({ hosts: work.hosts, certificates, folder, knownHostsFile: hosts.knownHostsFile });
  checkCopied(work.hosts, folder, certificates);
  return used;
}

async function deploy({ project }: Work, certificates: string, home: string, expected: string): Promise<Used> {
  const { outcome, ...used } = await project.deploy({ certificates, home }, width);
  if (outcome !== expected) throw new Error(`deploy: ${outcome} instead of ${expected}`);
  return used;
}

/** The last one that was filled by ours. */
let filled = '';

const runs: Readonly<Record<Way, (work: Work) => Promise<Used>>> = {
  loop: (work) => copied(work, scpLoop),
  atOnce: (work) => copied(work, scpAtOnce),
  ansible: (work) => copied(work, ansibleCopy),
  floor: ({ hosts: some, project }) => {
    const { identityFile } = project;
    const about = { user: 'ubuntu', identityFile, knownHostsFile: hosts.knownHostsFile, width };
    return connectAlone(floor, project, some, about);
  },
  ours: (work) =>
    copied(work, ({ folder }) => {
      filled = folder;
      return deploy(work, `~/${folder}`, `~/home-${folder}`, 'changed');
    }),
  sudo: (work) => deploy(work, `/etc/ssl/fl_network-${++made}`, `~/home-sudo-${made}`, 'changed'),
  nothing: (work) => deploy(work, `~/${filled}`, `~/home-${filled}`, 'unchanged'),
};

async function measured(work: Work, times: number): Promise<ReadonlyMap<Way, readonly Result[]>> {
  const results = new Map(ways.map((way) => [way, [] as Result[]]));
  // In turn, so that a burst of load hits all of them.
  for (let round = 0; round < times; round++)
    for (const way of ways) {
      const before = await hosts.cpu();
      const { seconds, cpu } = await runs[way](work);
      results.get(way)?.push({ seconds, here: cpu, there: (await hosts.cpu()) - before });
    }
  return results;
}

function print(count: number, results: ReadonlyMap<Way, readonly Result[]>): void {
  const rows = [...results].map(([way, each]) => ({ name: names[way], values: each.map(({ seconds }) => seconds) }));
  console.log(`\n${count} hosts, ${width} at once\n${table(rows, 's')}`);
  for (const [way, each] of results) {
    const of = (pick: (result: Result) => number) => median(each.map(pick)).toFixed(2).padStart(6);
    console.log(`${names[way].padEnd(40)} CPU here ${of((e) => e.here)} s, on the hosts ${of((e) => e.there)} s`);
  }
}

console.log(`${circumstances()}\n${version('ssh', '-V')}\n${version('ansible', '--version')}`);
try {
  for (const [at, size] of sizes.entries()) {
    const work = { hosts: hosts.all.slice(0, size), project: await makeProject(hosts.all.slice(0, size), hosts) };
    if (at === 0) await measured(work, 1);
    const results = await measured(work, rounds);
    print(size, results);
    if (size === 50) console.log(judged(results).join('\n'));
  }
} finally {
  await hosts.stop();
}
console.log(circumstances());
process.exit(0);
