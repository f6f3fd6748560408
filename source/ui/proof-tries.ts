/** The tries of a proof, the same ones together, and what came of each. Pure. */
import type { Check } from '../plan/event.ts';
import { unlimitedName } from '../plan/proof.ts';
import { isControlName, isWrongServerName } from '../plan/wrong-server.ts';
import type { DemoFacts } from './demo-facts.ts';

export type Try = { readonly check: Check; readonly times: number };

export const proofTitle = 'Mutual TLS, tried at the running port';

export function triesOf(proof: readonly Check[]): readonly Try[] {
  const told = new Map<string, { check: Check; times: number }>();
  const kinds = new Set<string>();
  for (const check of proof) {
    // All servers that clients have refused are one line, at its end.
    if (check.ok && isWrongServerName(check.name)) {
      kinds.add(check.name);
      continue;
    }
    // The same try through several hosts is one line; one that came out wrong stands for itself.
    const limitless = unlimitedName(check.name);
    const name = check.ok && isControlName(limitless) ? 'clients’ own Python' : limitless;
    const key = check.ok ? `${check.kind} ${name}` : `${check.name} ${check.host}`;
    const known = told.get(key) ?? { check: check.ok ? { ...check, name } : check, times: 0 };
    known.times += 1;
    told.set(key, known);
  }
  const servers = { name: `wrong servers (${kinds.size} kinds)`, kind: 'refused', ok: true, detail: '' } as const;
  return [...told.values(), ...(kinds.size === 0 ? [] : [{ check: servers, times: 1 }])];
}

/** What came of a try, in a word; of one that came out wrong all that is known. */
export function verdictOf({ ok, kind, detail }: Check): string {
  return ok ? (kind === 'accepted' ? 'let in' : 'refused') : `WRONG: ${detail}`;
}

/** What Flower alone lets in. */
export function aloneText({ tried, admitted }: NonNullable<DemoFacts['flowerAlone']>): string {
  const got = admitted === tried ? `all ${tried} got in` : `${admitted} of ${tried} got in`;
  return `Flower’s own TLS never asks for a client certificate: there, ${got}.`;
}
