/** Proofs that are made while a run is watched: launch and verify write theirs into our own record of it. */
import type { ServerEvent } from '../plan/event.ts';
import { UserError } from '../plan/failure.ts';
import type { ProofCount, RecordedProof } from '../plan/proof-count.ts';
import type { RecordReader } from '../plan/world.ts';

/** Of the lines that were appended, nearly all are the run's events: they need not even be parsed. */
const ofProof = /"type":"(?:check|proof)-finished"/;

const same = (one: ProofCount | undefined, other: ProofCount | undefined) =>
  JSON.stringify(one) === JSON.stringify(other);

/**
 * Tells each proof that is newer than the one that is known, until the signal.
 * @param proof has seen what the reader has read so far
 */
export async function watchProof(
  { proof, record, run }: { readonly proof: RecordedProof; readonly record: RecordReader; readonly run: string },
  tell: (event: ServerEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (let known = proof.count; ; ) {
      await record.grown(signal);
      if (signal.aborted) return;
      for await (const event of record.next(ofProof)) proof.add(event);
      if (!proof.count || same(proof.count, known)) continue;
      known = proof.count;
      tell({ type: 'proof-known', proof: known, run });
    }
  } catch (error) {
    // The events of the run do not depend on it.
    if (!(error instanceof UserError)) throw error;
  }
}
