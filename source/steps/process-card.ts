/** What is told of a process that failed: where in the user's code, and how to run it by hand. */
import { configPath, runtimeWords } from '../flower/layout.ts';
import type { Member } from '../network/network.ts';
import { exit, type Failure } from '../plan/failure.ts';
import type { HostFacts, ProcessLook } from '../plan/host-facts.ts';
import type { StepCheck } from '../plan/step.ts';
import { quote } from '../ssh/commands.ts';

/** Runs a process in the foreground, as what keeps it would. */
function byHand(member: Member, home: string): string {
  const { owner } = member.remote;
  const asOwner = owner && owner !== member.ssh.user ? ['sudo', '-n', '-H', '-u', owner, '--'] : [];
  // A server whose run has failed would only say so.
  const again = member.role === 'server' ? ['--resume'] : [];
  const words = runtimeWords(home, 'run', '--config', configPath(home, member.name), ...again);
  return quote(['fl-wizard', 'ssh', member.name, '--', ...asOwner, ...words]);
}

/** What only somebody's own code can tell, and the command that does it again. */
export function ofProcess(member: Member, home: string, trace: HostFacts['trace']): Pick<Failure, 'said' | 'byHand'> {
  return { ...(trace && trace.length > 0 ? { said: trace } : {}), byHand: byHand(member, home) };
}

/** `ValueError: no data`, or a name alone. */
const exceptionLine = /^[\p{L}_][\p{L}\p{N}_.]*(:\s|:?$)/u;

/**
 * The line that names the exception in a traceback: a message of many lines goes on behind it, and any of them may look
 * like a name. Undefined where nothing was told.
 */
export function raisedIn(trace: readonly string[] = []): string | undefined {
  const behind = trace.slice(trace.findLastIndex((line) => /^ {2}File "/.test(line)) + 1);
  return (behind.find((line) => exceptionLine.test(line)) ?? trace.at(-1))?.trim();
}

/** Whether a process lives and has not come to Flower yet, as one that first loads its data. */
export function prepares({ state, pid, restarts = 0 }: HostFacts['process']): boolean {
  return state === 'starting' && pid !== undefined && restarts === 0;
}

/** What a client says of itself while its connection stands, as far as it knows. */
const atWork: readonly (string | undefined)[] = ['connected', 'training', 'evaluating', 'idle'];

/** Why the server has lost a client that knows nothing of it: one that hangs. Undefined where that is not so. */
export function hangs(
  { name }: Member,
  { process, client }: ProcessLook,
  server: ProcessLook | undefined,
): string | undefined {
  const lost = server?.process.state === 'running' ? server.server?.lost?.[name] : undefined;
  if (!lost || process.state !== 'running' || !atWork.includes(client?.state)) return undefined;
  return `the server has lost it: ${lost.detail ?? 'its connection ended'}`;
}

/** How a process ended that was started again, or is about to be: one that was killed has told nobody why. */
export function lastEnd({ state, restarts = 0, exitCode }: HostFacts['process']): string | undefined {
  const again = state === 'starting' ? 'is started again' : 'started again';
  if (exitCode === undefined || !(state === 'starting' || (state === 'running' && restarts > 0))) return undefined;
  return `ended with ${exitCode < 0 ? `signal ${-exitCode}` : `exit code ${exitCode}`}, ${again}`;
}

/** How a client is, in its own words where it has any. */
export function detailOf({ process, client }: ProcessLook): string {
  return client?.detail ?? process.detail ?? client?.state ?? lastEnd(process) ?? process.state;
}

/** Whether a process has ended, and nothing but a person starts it again. */
export function endedForGood({ process: { state } }: Pick<HostFacts, 'process'>): boolean {
  return state === 'refused' || state === 'failed';
}

/** What to type where a client has ended for good, or hangs. */
export function againHint(
  { name, role }: Member,
  { process, trace = [] }: Pick<ProcessLook, 'process' | 'trace'>,
): string {
  if (role === 'server') return 'fl-wizard logs server tells more; fl-wizard launch says how to go on';
  // A restart runs what lies there: code that was mended here has to be copied first.
  if (process.state === 'failed' && trace.length > 0)
    return `fl-wizard logs ${name} tells more; mended here: fl-wizard deploy, then launch; unchanged: fl-wizard restart ${name}`;
  const mended = process.state === 'refused' ? 'once its certificate is right, ' : '';
  return `fl-wizard logs ${name} tells more; ${mended}fl-wizard restart ${name} starts it again`;
}

/**
 * How a client is: its check fails where its process has ended, and not because the run has.
 * @param server where the server's host was looked at
 */
export function clientCheck(
  member: Member,
  facts: ProcessLook & { readonly paths: Pick<HostFacts['paths'], 'home'> },
  server?: ProcessLook,
): StepCheck {
  const { process, client, trace, paths } = facts;
  const about = { name: 'client', host: member.name, kind: 'state' as const, exitCode: exit.remote };
  const detail = detailOf(facts);
  const hint = `fl-wizard logs ${member.name}`;
  if (endedForGood(facts))
    return { ...about, ok: false, detail, hint: againHint(member, facts), ...ofProcess(member, paths.home, trace) };
  const lost = hangs(member, facts, server);
  if (lost !== undefined)
    return { ...about, ok: true, detail: `${lost}; itself it says ${client?.state}`, hint: againHint(member, facts) };
  if (prepares(process))
    return {
      ...about,
      ok: true,
      detail: 'its script runs and has not called start_client yet',
      hint: `${hint} --follow`,
    };
  // Nobody is let in: it tries again for as long as it takes, and somebody should know.
  if (client?.state === 'retrying')
    return { ...about, ok: true, detail, hint: 'fl-wizard preflight tries the way to it' };
  const last = raisedIn(trace);
  if (last === undefined) return { ...about, ok: true, detail };
  // It lives, and its code does not do what it should.
  const state = client?.state ?? process.state;
  return { ...about, ok: true, detail: `${state}; the last call of its code failed: ${last}`, hint };
}
