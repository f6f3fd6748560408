import { describe, expect, it } from 'vitest';
import { processConfig } from '../../source/flower/layout.ts';
import { inspectNetwork, networkJsonSchema, parseNetwork } from '../../source/network/read.ts';

const file = (strategy: string, more = '') => `version: 1
name: xray
flower:${more}
  strategy: ${strategy}
server: {address: fl.example.org, ssh: {host: 10.0.0.1}}
clients:
  - {name: client1, ssh: {host: 10.0.0.2}}
  - {name: client2, ssh: {host: 10.0.0.3}}
`;
const problems = (text: string) =>
  inspectNetwork(text).problems.map(({ path, line, column, why }) => `${path}@${line}:${column} ${why}`);

/** A right value of each key, from the schema itself. */
type Shape = { properties: Record<string, { type?: string; enum?: string[] }>; allOf: Condition[] };
type Condition = {
  if: { properties: { name: { const: string } } };
  then: { properties: Record<string, boolean>; required?: string[] };
};
const whole = networkJsonSchema() as { properties: { flower: { properties: { strategy: Shape } } } };
const { properties, allOf } = whole.properties.flower.properties.strategy;
const keys = Object.keys(properties).filter((key) => key !== 'name');
const names = properties.name?.enum ?? [];
const value = (key: string) =>
  properties[key]?.type === 'number' ? '0.25' : properties[key]?.type === 'boolean' ? 'false' : '1';

describe('a strategy', () => {
  it('goes to the server as it was written, and to nobody else', () => {
    const network = parseNetwork(file('{name: FedProx, fractionFit: 0.5, proximalMu: 0.1}'), 'f');
    const written = { name: 'FedProx', fractionFit: 0.5, proximalMu: 0.1 };
    expect(network.flower.written.strategy).toEqual(written);
    const paths = { home: '/h', certificates: '/c' };
    const of = (member: typeof network.server) => JSON.parse(processConfig(network, member, paths, { id: '1' }));
    expect(of(network.server).flower.strategy).toEqual(written);
    for (const client of network.clients) expect(of(client).flower.strategy).toBeNull();
  });

  it.each([
    ['another kind', 'FedAvg', ['flower.strategy@4:13 must be a map of keys and values']],
    [
      'an unknown name',
      '{name: FedFoo}',
      [expect.stringMatching(/^flower\.strategy\.name@4:20 must be FedAvg or FedProx/)],
    ],
    ['an unknown key', '{eta: 1, lr: 1}', ['flower.strategy.lr@4:22 unknown key']],
    ['a number as text', '{eta: "1"}', ['flower.strategy.eta@4:19 must be a number']],
    ['no number', '{eta: .nan}', ['flower.strategy.eta@4:19 must be a number']],
    ['too large a share', '{fractionFit: 1.5}', ['flower.strategy.fractionFit@4:27 must be 1 or less']],
    ['no decay', '{beta1: 1}', ['flower.strategy.beta1@4:21 must be less than 1']],
    ['no rate', '{eta: 0}', ['flower.strategy.eta@4:19 must be more than 0']],
    ['half a client', '{minFitClients: 1.5}', ['flower.strategy.minFitClients@4:29 must be a whole number']],
    ['a number that is missing', '{name: FedProx}', ['flower.strategy.name@4:20 FedProx needs proximalMu beside it']],
    [
      'a number of another one',
      '{name: FedAvg, tau: 0.1}',
      ['flower.strategy.tau@4:33 FedAvg has no such number; it is one of FedAdagrad, FedAdam, FedYogi'],
    ],
    [
      'more clients than there are',
      '{minFitClients: 3}',
      ['flower.strategy.minFitClients@4:29 there are only 2 clients: training would never start'],
    ],
    [
      'more to choose than to wait for',
      '{minEvaluateClients: 2, minAvailableClients: 1}',
      ['flower.strategy.minEvaluateClients@4:34 more than the 1 that have to be there: nobody would be chosen'],
    ],
  ])('that is wrong is told of: %s', (_, strategy, expected) => {
    expect(problems(file(strategy))).toEqual(expected);
  });

  it('is compared with minClients where it says nothing itself', () => {
    expect(problems(file('{minFitClients: 2}', '\n  minClients: 1'))).toHaveLength(1);
    expect(problems(file('{minFitClients: 2, minAvailableClients: 2}', '\n  minClients: 1'))).toEqual([]);
  });

  it('without a name takes every number: the script’s own may have it', () => {
    expect(problems(file(`{${keys.map((key) => `${key}: ${value(key)}`).join(', ')}}`))).toEqual([]);
  });

  it.each(names)('%s takes the same numbers by the JSON Schema as here', (name) => {
    const condition = allOf.find((each) => each.if.properties.name.const === name)?.then;
    const required = condition?.required ?? [];
    const written = (all: readonly string[]) =>
      file(`{name: ${name}, ${all.map((key) => `${key}: ${value(key)}`).join(', ')}}`);
    expect(problems(written(required))).toEqual([]);
    const taken = keys.filter((key) => problems(written([...new Set([...required, key])])).length === 0);
    expect(taken).toEqual(keys.filter((key) => condition?.properties[key] !== false));
    expect(taken).toContain('fractionFit');
  });
});
