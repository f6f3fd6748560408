/** Ends what keeps a process: its unit, or a supervisor of ours. */
import { dirname } from 'node:path';
import type { Unit } from '../flower/unit.ts';
import type { Member } from '../network/network.ts';
import type { Remote } from './remote.ts';

/** @throws UserError (4, 5) */
export async function stopProcess(
  remote: Remote,
  member: Member,
  { config, unit }: { readonly config: string; readonly unit?: Unit },
  signal: AbortSignal,
): Promise<void> {
  const doing = `Stopping ${member.role === 'server' ? 'the Flower server' : member.name}`;
  if (unit) await (await import('./units.ts')).stopUnit(remote, member, unit, doing, signal);
  else await remote.runtime(member, dirname(config), ['stop', '--config', config], doing, signal);
}
