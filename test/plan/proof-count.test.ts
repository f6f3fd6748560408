import { describe, expect, it } from 'vitest';
import type { Check, Event } from '../../source/plan/event.ts';
import { RecordedProof } from '../../source/plan/proof-count.ts';
import { emptyView, reduce } from '../../source/plan/reduce.ts';
import { proofOf } from '../../source/ui/run-facts.ts';

const launched = '2026-11-20T09:41:00.000Z';
const verified = '2026-11-21T10:00:00.000Z';

function check(name: string, more: Partial<Check> = {}, step?: string, time = launched): Event {
  const own = { name, host: 'server', kind: 'refused', ok: true, detail: 'refused', ...more } as const;
  return { type: 'check-finished', ...(step ? { step } : {}), check: own, time } as Event;
}

const launch = [
  check('client1’s certificate', { kind: 'accepted' }, 'launch'),
  check('no certificate', {}, 'launch'),
  check('expired', {}, 'launch'),
];
const verify = [
  check('no certificate', {}, undefined, verified),
  check('no certificate', { host: 'client1' }, undefined, verified),
  { type: 'proof-finished', proof: {}, time: verified } as unknown as Event,
];

function recorded(...events: readonly Event[]) {
  const proof = new RecordedProof();
  for (const event of events) proof.add(event);
  return proof.count;
}

describe('the last proof of a run’s record', () => {
  it('is the one that was made last, and never the sum of two', () => {
    expect(recorded()).toBeUndefined();
    expect(recorded(...launch)).toEqual({ refused: 2, admitted: 1, wrong: 0, at: launched });
    expect(recorded(...launch, ...verify)).toEqual({ refused: 2, admitted: 0, wrong: 0, at: verified });
    expect(recorded(...launch, ...verify, ...verify)).toMatchObject({ refused: 2, at: verified });
    expect(recorded(...launch, ...launch)).toMatchObject({ refused: 2, admitted: 1 });
    expect(recorded(...verify, ...launch)).toMatchObject({ refused: 2, admitted: 1 });
  });

  it('tells what was wrong, and passes over what is no proof', () => {
    expect(recorded(...launch, check('a mode', { kind: 'state', ok: false }, 'permissions'))).toMatchObject({
      wrong: 0,
    });
    expect(recorded(...launch, check('revoked', { ok: false }, 'launch'))).toMatchObject({ refused: 2, wrong: 1 });
  });

  it('stands in the head until one is made before one’s eyes', () => {
    const proof = { refused: 9, admitted: 1, wrong: 0, at: launched };
    const view = reduce(emptyView, { type: 'proof-known', proof, time: verified });
    expect(proofOf(view)).toEqual(proof);
    const seen = reduce(view, check('no certificate', {}, 'verify', verified));
    expect(proofOf(seen)).toMatchObject({ refused: 1, at: verified });
  });
});
