/** The Python environment of a host: made there, or an interpreter that is there made ready to be used. */
import type { Member } from '../network/network.ts';
import type { Action } from '../plan/action.ts';
import { copyWheels, type Wheel } from './copy-wheels.ts';
import { revealed } from './package-sources.ts';
import { type Doing, memberOf } from './perform.ts';

type Make<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>;

/** @throws UserError: 3 a wheel can't be read, 4 the connection was lost, 5 with the host's reason */
export async function makeEnvironment(action: Make<'make-environment'>, doing: Doing): Promise<void> {
  const member = memberOf(doing.network, action.host);
  const wheels = action.wheels ? await copyWheels(action.wheels, action.path, member, doing) : [];
  await make(action, member, wheels, doing);
}

function make(
  { path, link, requirements, pip }: Make<'make-environment'>,
  member: Member,
  wheels: readonly Wheel[],
  { remote, report, signal }: Doing,
): Promise<unknown> {
  return remote.call(
    member,
    { verb: 'make-environment', path, link, requirements, pip: revealed(pip), wheels },
    `Making the Python environment on ${member.name}`,
    { signal, onLine: (line) => report.line(line) },
  );
}

/** @throws UserError (5) with the host's reason */
export async function startExisting(
  { host, path, link, python }: Make<'use-environment'>,
  { network, remote, signal }: Doing,
): Promise<void> {
  const doing = `Preparing ${python} on ${host}`;
  await remote.call(memberOf(network, host), { verb: 'use-environment', path, link }, doing, { signal });
}
