/** Why a client is missing, from what its host has answered. Pure. */
import type { Member } from '../network/network.ts';
import type { ClientChanged } from '../plan/event.ts';
import type { Failure } from '../plan/failure.ts';
import type { ProcessLook } from '../plan/host-facts.ts';
import { list } from '../plan/words.ts';
import { againHint, detailOf, endedForGood, hangs } from './process-card.ts';
import { count } from './shared.ts';

export type Looked = { readonly member: Member } & ({ readonly look: ProcessLook } | { readonly failure: Failure });
export type Ended = { readonly member: Member; readonly look: ProcessLook };

/** So many clients that have ended are named in a reason: more make no sentence. */
const namedAtMost = 3;

/** The client, where its process has ended for good. */
export function endedOf(looked: Looked): readonly Ended[] {
  return 'look' in looked && endedForGood(looked.look) ? [looked] : [];
}

/** What a client is then, where somebody stopped its process: the server knows only that its connection has ended. */
export function stoppedOf(looked: Looked): ClientChanged | undefined {
  if (!('look' in looked) || looked.look.process.state !== 'stopped') return undefined;
  return {
    type: 'client-changed',
    client: looked.member.name,
    state: 'stopped',
    detail: `fl-wizard launch starts it again`,
  };
}

/** Why a client is not there, and what to type; undefined where its host knows nothing that is wrong. */
export function causeOf(looked: Looked, server: ProcessLook | undefined): string | undefined {
  if ('failure' in looked) {
    const { why, hint } = looked.failure;
    return `its host can't be asked: ${why}${hint ? `; ${hint}` : ''}`;
  }
  const { member, look } = looked;
  const cause = endedForGood(look) ? `its process has ended: ${detailOf(look)}` : hangs(member, look, server);
  return cause === undefined ? undefined : `${cause}; ${againHint(member, look)}`;
}

/** Why a run goes on no more where nobody starts its clients again. */
export function tooFew(need: number, ended: readonly Ended[]): string {
  const named = ended.slice(0, namedAtMost).map(({ member, look }) => `${member.name} has ended (${detailOf(look)})`);
  const more = ended.length - named.length;
  const which = list([...named, ...(more > 0 ? [`${more} more`] : [])]);
  return `the run waits for ${count(need, 'client')} and can't have so many any more: ${which}`;
}
