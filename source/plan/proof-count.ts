/** A proof in numbers. Pure. */
import type { Check, Event } from './event.ts';
import { isWrongServerName } from './wrong-server.ts';

export type ProofCount = {
  /** Tries that the server refused, as the verdict counts them: what clients refused is another number there. */
  readonly refused: number;
  readonly admitted: number;
  readonly wrong: number;
  /** When it was made: RFC 3339, UTC. */
  readonly at: string;
};

export function countOf(proof: readonly Check[], at: string): ProofCount {
  const good = proof.filter((check) => check.ok);
  return {
    refused: good.filter((check) => check.kind === 'refused' && !isWrongServerName(check.name)).length,
    admitted: good.filter((check) => check.kind === 'accepted').length,
    wrong: proof.length - good.length,
    at,
  };
}

/** The last proof that a run's record holds: launch and verify write down each of theirs, one behind the other. */
export class RecordedProof {
  #checks: Check[] = [];
  #at = '';
  #step: string | undefined;

  /** Sees what was written, in its order. */
  add(event: Event): void {
    if (event.type === 'proof-finished') this.#step = undefined;
    if (event.type !== 'check-finished' || event.check.kind === 'state') return;
    const { check, step = 'verify', time } = event;
    const again = this.#checks.some(({ name, host }) => name === check.name && host === check.host);
    if (again || step !== this.#step) this.#checks = [];
    this.#step = step;
    this.#checks.push(check);
    this.#at = time;
  }

  get count(): ProofCount | undefined {
    return this.#checks.length > 0 ? countOf(this.#checks, this.#at) : undefined;
  }
}
