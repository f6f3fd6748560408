/** What a report says: the run's state, where it was read, the network around it. */
import { lives } from '../flower/decide.ts';
import type { RunMetrics } from '../flower/run-metrics.ts';
import type { RunReport } from '../flower/run-report.ts';
import { type Member, members } from '../network/network.ts';
import { UserError } from '../plan/failure.ts';
import { present } from '../plan/words.ts';
import { moment } from '../report/cells.ts';
import type { ReportPage } from '../report/page.ts';
import { place } from '../ssh/place.ts';
import { placesOf } from '../steps/shared.ts';
import { plural, samples } from '../ui/format.ts';
import { lastProofIn } from '../world/run-events.ts';
import { settingsIn } from '../world/run-settings.ts';
import { type CertificateRow, certificateRows } from './cert-rows.ts';
import type { Call } from './context.ts';
import type { Opened } from './looking.ts';
import { isServed, type RunJournal } from './report-source.ts';

export type RunState = {
  readonly word: 'finished' | 'failed' | 'going on' | 'not running' | 'not known';
  /** In a sentence. */
  readonly text: string;
  /** Something is wrong with it. */
  readonly failed: boolean;
};

/** How the run stands: by its journal where it has ended, else by what its server's host says of the process. */
export function stateOf(
  journal: RunJournal,
  { run, finished, outcome, detail, rows, rounds, last }: RunReport,
): RunState {
  const done =
    rounds === undefined ? plural(rows.count, 'round') : `${samples(rows.count)} of ${plural(rounds, 'round')}`;
  const why = detail === undefined ? '' : ` (${detail})`;
  if (finished && outcome === 'failed')
    return { word: 'failed', failed: true, text: `Run ${run} failed${why}: ${done} had ended.` };
  if (finished) return { word: 'finished', failed: false, text: `Run ${run} is finished: ${done}${why}.` };
  const served = isServed(journal);
  if (served) {
    const until = journal.demo ? '; it ends with the demo' : '';
    return { word: 'going on', failed: false, text: `Run ${run} goes on: ${done} so far${until}.` };
  }
  if (served === undefined) {
    const text = `Run ${run} had not ended when it was last heard of${last ? ` (${moment(last)} UTC)` : ''}: ${done}.${journal.demo === 'gone' ? inADemo : ''}`;
    return { word: 'not known', failed: false, text };
  }
  const other = journal.server && lives(journal.server) ? journal.server.server?.run : undefined;
  if (other !== undefined) {
    const text = `Run ${run} has not ended, and the server trains run ${other}: ${done}. ${goOn(journal, `launch --resume ${run}`)}`;
    return { word: 'not running', failed: true, text };
  }
  const { state = 'none', detail: reason } = journal.server?.process ?? {};
  const now = state === 'none' ? 'its server does not run' : `its server is ${state}`;
  const text = `Run ${run} has not ended, and ${now}${reason ? ` (${reason})` : ''}: ${done}. ${goOn(journal, 'launch')}`;
  return { word: 'not running', failed: true, text };
}

/** What to do about a run whose hosts end with a demo: there is no way back to it. */
const inADemo = ' Nothing goes on with it once the demo has ended: fl-wizard demo trains another run.';

function goOn({ demo }: RunJournal, command: string): string {
  return demo ? inADemo.trimStart() : `fl-wizard ${command} goes on with it.`;
}

/** Which journal it was made from. */
export function sourceWords({ from, why }: RunJournal, { last }: RunReport): string {
  if (from === 'host') return "Read from the journal on the server's host.";
  const until = last === undefined ? '' : `, up to ${moment(last)} (UTC)`;
  return `Read from our own record (.fl-wizard/runs)${until}, since ${why}.`;
}

type Around = Pick<ReportPage, 'members' | 'trouble' | 'settings' | 'proof'> & {
  readonly certificates: readonly CertificateRow[];
};

/** What is known here around the run. What can't be read is told, and is no reason for no report. */
async function around({ network, directory, world }: Opened, journal: RunJournal, report: RunReport): Promise<Around> {
  const found = certificateRows(network, placesOf(directory, network), world.now(), false).then(
    (certificates) => ({ certificates }),
    (error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      const { doing, why } = error.failure;
      return { certificates: [], trouble: `The certificates can't be told of: ${doing}: ${why}.` };
    },
  );
  const [certificates, proof, settings] = await Promise.all([
    found,
    lastProofIn(journal.record, report.started),
    journal.settings === undefined ? [] : settingsIn(journal.settings),
  ]);
  return { ...certificates, settings, members: members(network).map(memberOf), ...present({ proof }) };
}

function memberOf({ name, role, ssh }: Member): ReportPage['members'][number] {
  const login = ssh.user === undefined ? '' : `${ssh.user}@`;
  return {
    name,
    role,
    host: `${login}${ssh.port === undefined ? ssh.host : place({ address: ssh.host, port: ssh.port })}`,
  };
}

export async function pageOf(call: Call, project: Opened, journal: RunJournal, report: RunReport): Promise<string> {
  const [{ reportPage }, { chart }, known] = await Promise.all([
    import('../report/page.ts'),
    import('../report/chart.ts'),
    around(project, journal, report),
  ]);
  const about = { network: project.network.name, report, written: project.world.now().toISOString(), ...known };
  const words = { state: stateOf(journal, report), source: sourceWords(journal, report), version: call.version };
  return reportPage({ ...about, ...words }, chart);
}

/** All that metrics.json has, and what a page tells beside it. */
export async function jsonOf(
  call: Call,
  project: Opened,
  journal: RunJournal,
  report: RunReport,
  metrics: RunMetrics,
): Promise<object> {
  const { members: hosts, certificates, settings, proof, trouble } = await around(project, journal, report);
  const { ended, last, best, seconds, bytes, failed, clients, failures, refused, notices, starts, notFinite } = report;
  const { results, ...about } = metrics;
  const { word, text } = stateOf(journal, report);
  return {
    network: project.network.name,
    ...about,
    state: word,
    stateText: text,
    from: journal.from,
    ...present({ fromWhy: journal.why, ended, last }),
    written: project.world.now().toISOString(),
    flWizard: call.version,
    ...present({ best }),
    totals: { rounds: report.rows.count, seconds, bytes, failedCalls: failed },
    notFinite,
    clients: clients.clients,
    failures: failures.said.map(({ what, count, first, last: until }) => ({ ...what, count, first, last: until })),
    refused: refused.said.map(({ what, count, first, last: until }) => ({ ...what, count, first, last: until })),
    notices: [...notices.first, ...notices.last],
    serverStarts: [...starts.first, ...starts.last],
    members: hosts,
    certificates: certificates.map(({ file: _, ...each }) => each),
    ...present({ trouble, proof }),
    settings: Object.fromEntries(settings),
    results,
  };
}
