/** How steps stand whose plan alone does not say it: by what was seen of the hosts and of the run. Pure. */
import { lives } from '../flower/decide.ts';
import type { HostFacts, Looks, RunFacts } from '../plan/host-facts.ts';
import { type Answers, type Standing, standing } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import type { Absent } from './absent.ts';
import { ranBefore } from './launch-actions.ts';
import { factsOf } from './shared.ts';
import type { LastProof } from './verify-last.ts';

/** Of what is placed on hosts: whether any of it lies on one. */
export function placedStanding(looks: Looks, planned: number): Standing {
  const placed = Object.keys(looks).some((name) => {
    const facts = factsOf(looks, name);
    return facts?.certificateFolder !== undefined || facts?.files[facts.paths.home] !== undefined;
  });
  return standing(planned, placed);
}

/** Of the run: one that has ended is done, and with a server that does not run there is something to do. */
export function launchStanding(answers: Answers, looks: Looks, planned: number, absent?: Absent): Standing {
  const server = factsOf(looks, 'server');
  const run = server?.runs.at(-1);
  if (!run) return standing(planned, lives(server));
  const without = run.finished && absent?.run === run.run ? `, without ${list(absent.names)}` : '';
  const words = `${runWords(run)}${without}`;
  const over = run.finished ? { over: true as const } : {};
  if (run.finished && ranBefore(answers, server)) {
    const why = `${words}, with the app or the settings of before: n begins a new run`;
    return { state: 'outdated', why, ...over };
  }
  // That another run was asked for, and so is planned, makes nothing of the one that has ended out of date.
  const { new: another, resume } = answers.options;
  const { state } = standing(run.finished && (another || resume !== undefined) ? 0 : planned, true);
  return { state, ...(state === 'done' ? { why: words } : {}), ...over };
}

/**
 * A proof is of the server that runs, or of the run that has ended; and only a whole one of verify's own: what launch
 * tries, or what a verify that was interrupted had shown by then, is none.
 * @param clients all of the network's: of those that were left out nothing is proved, and that is said
 * @param replaced whose certificates are others by now than those that it was made with
 */
export function proofStanding(
  looks: Looks,
  { run, ended, proof, tries, later }: LastProof,
  clients: readonly string[] = [],
  replaced: readonly string[] = [],
): Standing {
  const server = factsOf(looks, 'server')?.server;
  const last = later ?? tries;
  if (!server && !(ended && last)) return { state: 'missing', why: 'no server runs' };
  if (!last || (server && server.run !== run)) return { state: 'missing', why: 'this run was not tried yet' };
  const wrong = last.checks.filter(({ ok }) => !ok).length;
  const at = timeWords(last.time);
  if (wrong > 0)
    return { state: 'outdated', why: `${wrong} of ${last.checks.length} tries did not come out as they must, ${at}` };
  if (!proof) {
    const whole = server ? 'the whole proof is not made yet' : 'the run ended before the whole proof was made';
    return { state: 'missing', why: `launch tried ${last.checks.length} of it, ${at}; ${whole}` };
  }
  if (!proof.mutual) return { state: 'outdated', why: `${proof.verdict}, ${timeWords(proof.time)}` };
  // Of a run whose server is gone nothing more is to be proved.
  if (server && replaced.length > 0) {
    const whose = replaced.includes('ca')
      ? 'the CA'
      : `the certificate${replaced.length > 1 ? 's' : ''} of ${list(replaced)}`;
    const were = replaced.length > 1 && !replaced.includes('ca') ? 'were' : 'was';
    return { state: 'outdated', why: `tried before ${whose} ${were} replaced, ${timeWords(proof.time)}` };
  }
  const { length } = proof.tries;
  const again = later ? `; ${later.step} tried ${later.checks.length} of it again, ${at}` : '';
  const tried = new Set(proof.tries.map(({ host }) => host));
  const out = clients.filter((name) => !tried.has(name));
  const without = out.length > 0 ? `, without ${list(out)}` : '';
  const why = `${length} of ${length} tries came out as they must${without}, ${timeWords(proof.time)}${again}`;
  return { state: 'done', why };
}

const timeWords = (time: string) => `${time.slice(0, 16).replace('T', ' ')} UTC`;

/** @param run the one that would be watched, if any is known */
export function watchStanding(server: HostFacts | undefined, run: string | undefined): Standing {
  const found = server?.runs.find((each) => each.run === run);
  if (found) return { state: 'done', why: runWords(found) };
  return run === undefined ? { state: 'missing', why: 'no run yet' } : { state: 'done', why: `run ${run}` };
}

function runWords({ run, done, rounds, finished, outcome }: RunFacts): string {
  if (!finished) return `run ${run}: ${done} of ${rounds} rounds`;
  return `run ${run} ${outcome === 'failed' ? 'failed' : 'ended'} after ${done} of ${rounds} rounds`;
}
