/** `flower.strategy`: which of Flower's strategies a run has, and its numbers; what is left out, the script decides. */
import * as z from 'zod';

const fraction = z.number().min(0).max(1);
const count = z.int().min(1).max(100_000);
/** Nothing is learned at rate 0, and a step of more than a million is a slip. */
const rate = z.number().positive().max(1_000_000);
/** At 1 nothing new would ever count. */
const decay = z.number().min(0).lt(1);

/** What each of Flower's strategies that are chosen here has of its own (see `strategy`). */
const own = {
  FedAvg: [],
  FedProx: ['proximalMu'],
  FedAvgM: ['serverLearningRate', 'serverMomentum'],
  FedAdagrad: ['eta', 'etaL', 'tau'],
  FedAdam: ['eta', 'etaL', 'beta1', 'beta2', 'tau'],
  FedYogi: ['eta', 'etaL', 'beta1', 'beta2', 'tau'],
  FedMedian: [],
  FedTrimmedAvg: ['beta'],
  Krum: ['numMaliciousClients', 'numClientsToKeep'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

type Name = keyof typeof own;
const names = Object.keys(own).filter((name): name is Name => name in own);

/** Numbers that a strategy can't be made without: Flower has no default for them. */
const needed: Readonly<Partial<Record<Name, string>>> = { FedProx: 'proximalMu' };

/** The names of the keys are Flower's own, in the spelling of this file (`proximal_mu`, `beta_1`). */
const keys = {
  fractionFit: fraction.optional().describe('share of the clients there that train in a round'),
  fractionEvaluate: fraction.optional().describe('share that evaluates; 0: no client does'),
  minFitClients: count.optional().describe('clients that train at least; default: minClients'),
  minEvaluateClients: count.optional().describe('clients that evaluate at least; default: minClients'),
  minAvailableClients: count.optional().describe('clients that must be there; default: minClients'),
  acceptFailures: z.boolean().optional().describe('whether a round counts in which a client failed'),
  proximalMu: z.number().min(0).max(1_000_000).optional().describe('weight of the proximal term; clients add it'),
  serverLearningRate: rate.optional(),
  serverMomentum: decay.optional(),
  eta: rate.optional().describe('learning rate of the server'),
  etaL: rate.optional().describe('learning rate of the clients, as Flower notes it'),
  beta1: decay.optional(),
  beta2: decay.optional(),
  tau: rate.optional().describe('how adaptive it is'),
  beta: z.number().min(0).lt(0.5).optional().describe('share that is cut off at each end'),
  numMaliciousClients: z.int().min(0).max(100_000).optional(),
  numClientsToKeep: z.int().min(0).max(100_000).optional(),
};

type Key = keyof typeof keys;
const special = new Set<string>(Object.values(own).flat());

/** The same rule as `brokenStrategy`, for whoever reads the JSON Schema. */
const conditions = names.map((name) => {
  const strange = Object.keys(keys).filter((key) => !fits(name, key));
  const needs = needed[name];
  return {
    if: { properties: { name: { const: name } }, required: ['name'] },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word
    then: {
      properties: Object.fromEntries(strange.map((key) => [key, false])),
      ...(needs ? { required: [needs] } : {}),
    },
  };
});

export const strategy = z
  .strictObject({ name: z.enum(names).optional().describe('default: the strategy of server.py'), ...keys })
  .meta({ allOf: conditions });

export type StrategyKeys = z.infer<typeof strategy>;

function fits(name: Name, key: string): boolean {
  return !special.has(key) || own[name].some((each) => each === key);
}

/** What no single key shows: numbers of another strategy, and clients that would be waited for without end. */
export function brokenStrategy(
  written: StrategyKeys,
  minClients: number | undefined,
  clients: number,
): readonly { readonly key: string; readonly why: string }[] {
  return [...strangers(written), ...neverChosen(written, minClients, clients)];
}

function* strangers({ name, ...numbers }: StrategyKeys): Generator<{ key: string; why: string }> {
  if (name === undefined) return;
  const needs = needed[name];
  if (needs !== undefined && !(needs in numbers)) yield { key: 'name', why: `${name} needs ${needs} beside it` };
  for (const key of Object.keys(numbers)) {
    if (fits(name, key)) continue;
    const whose = names.filter((each) => own[each].some((one) => one === key));
    yield { key, why: `${name} has no such number; it is one of ${whose.join(', ')}` };
  }
}

function* neverChosen(
  written: StrategyKeys,
  minClients: number | undefined,
  clients: number,
): Generator<{ key: Key; why: string }> {
  const available = written.minAvailableClients ?? minClients;
  for (const key of ['minFitClients', 'minEvaluateClients', 'minAvailableClients'] as const) {
    const wanted = written[key] ?? 0;
    if (wanted > clients) yield { key, why: tooFew(clients) };
    // Flower then chooses nobody, and goes on to the next round.
    else if (available !== undefined && wanted > available)
      yield { key, why: `more than the ${available} that have to be there: nobody would be chosen` };
  }
}

/** Why more clients than there are can't be waited for. */
export function tooFew(clients: number): string {
  const there = clients === 1 ? 'is only 1 client' : `are only ${clients} clients`;
  return `there ${there}: training would never start`;
}
