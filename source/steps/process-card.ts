/** What is told of a process that failed: where in the user's code, and how to run it by hand. */
import { configPath, runtimeWords } from '../flower/layout.ts';
import type { Member } from '../network/network.ts';
import { exit, type Failure } from '../plan/failure.ts';
import type { StepCheck } from '../plan/step.ts';
import type { HostFacts } from '../plan/world.ts';
import { quote } from '../ssh/commands.ts';

/** Runs a process in the foreground, as what keeps it would. */
function byHand(member: Member, home: string): string {
  const { owner } = member.remote;
  const asOwner = owner && owner !== member.ssh.user ? ['sudo', '-n', '-H', '-u', owner, '--'] : [];
  const words = runtimeWords(home, 'run', '--config', configPath(home, member.name));
  return quote(['fl-wizard', 'ssh', member.name, '--', ...asOwner, ...words]);
}

/** What only somebody's own code can tell, and the command that does it again. */
export function ofProcess(member: Member, home: string, trace: HostFacts['trace']): Pick<Failure, 'said' | 'byHand'> {
  return { ...(trace && trace.length > 0 ? { said: trace } : {}), byHand: byHand(member, home) };
}

/** How a client is: its check fails where its process has ended, and not because the run has. */
export function clientCheck(member: Member, { process, client, trace, paths }: HostFacts): StepCheck {
  const about = { name: 'client', host: member.name, kind: 'state' as const, exitCode: exit.remote };
  const detail = client?.detail ?? process.detail ?? client?.state ?? process.state;
  const hint = `fl-wizard logs ${member.name}`;
  if (process.state === 'refused' || process.state === 'failed')
    return { ...about, ok: false, detail, hint, ...ofProcess(member, paths.home, trace) };
  const last = trace?.at(-1);
  if (last === undefined) return { ...about, ok: true, detail };
  // It lives, and its code does not do what it should.
  const state = client?.state ?? process.state;
  return { ...about, ok: true, detail: `${state}; the last call of its code failed: ${last}`, hint };
}
