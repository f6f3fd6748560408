/** `report`: a run as one page, or as CSV or JSON for other programs, from its journal: of a run that goes on or was killed, too. */
import { dirname, join, relative } from 'node:path';
import { MetricsReader, metricsJson, roundsCsv } from '../flower/run-metrics.ts';
import { ReportReader, type RunReport } from '../flower/run-report.ts';
import { ssh } from '../flower/shell.ts';
import { comment } from '../flower/shell-text.ts';
import { exit } from '../plan/failure.ts';
import { bytes } from '../plan/size.ts';
import { Breath } from '../plan/turns.ts';
import { inert } from '../ui/inert.ts';
import { haveFolder, requireWritable, writeLocal } from '../world/files.ts';
import { runEvents } from '../world/run-events.ts';
import type { Call, Command } from './context.ts';
import { type Opened, opened } from './looking.ts';
import { theOne } from './pull.ts';
import { jsonOf, pageOf, sourceWords, stateOf } from './report-content.ts';
import { onScreen, type RunJournal, runNumber, silent, withJournal } from './report-source.ts';
import { type Format, type Wish, wishOf } from './report-wish.ts';

/** Addresses of hosts and what clients printed are in it: who hands it on decides to. As what `pull` brings. */
const mode = 0o600;

export const report: Command<[readonly string[], Readonly<Record<string, unknown>>]> = async (call, [word], rest) => {
  const number = runNumber(word);
  const wish = wishOf(call, rest);
  if (wish.output !== undefined) await requireWritable(wish.output);
  return opened(call, async (project) => {
    if (call.common.showCommands) {
      call.io.stdout.write(await commandLines(call, project, number));
      return exit.done;
    }
    return withJournal(call, project, number, onScreen(call), async (journal) => {
      const { text, told } = await made(call, project, journal, wish.format);
      await handOver(call, project, { journal, told, text, wish });
      return exit.done;
    });
  });
};

/** Reads the journal once, and only what is wanted is held of it. */
async function made(call: Call, project: Opened, journal: RunJournal, format: Format) {
  const reader = new ReportReader();
  const metrics = format === 'html' ? undefined : new MetricsReader(format === 'json');
  const breath = new Breath();
  for await (const event of runEvents(journal.path)) {
    call.io.signal.throwIfAborted();
    reader.add(event);
    metrics?.add(event);
    await breath.take();
  }
  const told = reader.report(journal.run);
  if (!metrics) return { told, text: await pageOf(call, project, journal, told) };
  const rounds = metrics.metrics(journal.run);
  const text = format === 'csv' ? roundsCsv(rounds) : metricsJson(await jsonOf(call, project, journal, told, rounds));
  return { told, text };
}

const pagePath = (directory: string, run: string) => join(directory, 'runs', run, 'report.html');

/** @param ours whether it goes to a folder of ours, which is made where it is not there */
async function write(path: string, text: string, ours: boolean): Promise<void> {
  if (ours) await haveFolder(dirname(path), 0o700);
  await writeLocal(path, text, mode);
}

/** The page of a run (the newest, where none is named) where it belongs, without a word of it, whatever time it takes. @throws UserError (2, 3, 4, 5) */
export function writePage(call: Call, number: string | undefined): Promise<void> {
  return opened(call, (project) =>
    withJournal(call, project, number, silent, async (journal) => {
      const path = pagePath(project.directory, journal.run);
      await write(path, (await made(call, project, journal, 'html')).text, true);
    }),
  );
}

type Made = {
  readonly journal: RunJournal;
  readonly told: RunReport;
  readonly text: string;
  readonly wish: Wish;
};

/** A page goes to a file; what is for other programs goes to stdout, where no file is named. */
async function handOver(call: Call, { directory }: Opened, { journal, told, text, wish }: Made): Promise<void> {
  const { io, common } = call;
  const { run } = journal;
  const state = stateOf(journal, told);
  const say = (line: string) => (common.json ? undefined : io.stderr.write(`${inert(line)}\n`));
  say(state.text);
  say(sourceWords(journal, told));
  const path = wish.output ?? (wish.format === 'html' ? pagePath(directory, run) : undefined);
  if (path === undefined) {
    io.stdout.write(text);
    return;
  }
  if (!common.dryRun) await write(path, text, wish.output === undefined);
  const size = Buffer.byteLength(text);
  const near = relative(io.cwd, path);
  say(`${common.dryRun ? 'Would write' : 'Written:'} ${near.startsWith('..') ? path : near} (${bytes(size)})`);
  if (!common.json) return;
  const document = {
    ...{ run, format: wish.format, output: path, bytes: size, written: !common.dryRun },
    ...{ from: journal.from, why: journal.why, state: state.word, rounds: told.rounds, done: told.rows.count },
  };
  io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

/** The line that prints what it is made of. */
async function commandLines(call: Call, { network, world }: Opened, number: string | undefined): Promise<string> {
  const found = theOne(await world.findRun(network, number, call.io.signal), number);
  const reach = await world.reach(network.server);
  return `${comment(`run ${found.run}: its journal`)}\n${ssh(reach, ['cat', `${found.folder}/events.jsonl`])}\n`;
}
