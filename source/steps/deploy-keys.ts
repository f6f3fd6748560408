/** Keys that are made on their hosts, before and after certificates are copied there. */
import { certificateNames } from '../flower/layout.ts';
import type { Member } from '../network/network.ts';
import { exit, type Failure } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import type { Answers } from '../plan/step.ts';
import type { Placement } from './placed.ts';
import { chosen, factsOf } from './shared.ts';

/** Why the key that was made on a host is not the one of the certificate that goes there; nothing where it is. */
export function keyTrouble(member: Member, facts: HostFacts, { keys }: Placement): string | undefined {
  if (keys === undefined || (facts.publicKey && keys[member.name] === facts.publicKey.sha256)) return undefined;
  const path = `${facts.paths.certificates}/${certificateNames(member).key}`;
  if (!facts.files[path]) return `${path} is not there`;
  return facts.publicKey ? `${path} does not belong to ${member.name}.crt` : `${path} can’t be read as a private key`;
}

/** A certificate without its key would end a process that runs: such a host is left alone. */
export function keyFailures(answers: Answers, looks: Looks, placement: Placement): readonly Failure[] {
  return chosen(answers).flatMap((member) => {
    const facts = factsOf(looks, member.name);
    const why = facts && keyTrouble(member, facts, placement);
    if (!why) return [];
    const doing = `Copying certificates to ${member.name}`;
    return [{ exitCode: exit.proof, host: member.name, doing, why, hint: `fl-wizard certs --only ${member.name}` }];
  });
}
