import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { lastProofIn, runEvents } from '../../source/world/run-events.ts';
import { settingsIn } from '../../source/world/run-settings.ts';

const top = mkdtempSync(join(tmpdir(), 'flw-events-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));
let number = 0;
function file(...lines: readonly (object | string)[]): string {
  const path = join(top, String(++number));
  writeFileSync(path, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  return path;
}

const time = '2026-11-20T09:41:00.000Z';
const notice = (sequence: number, text = 'x') => ({ type: 'notice', time, sequence, run: '1', text });
async function textsIn(path: string): Promise<readonly unknown[]> {
  const found = [];
  for await (const event of runEvents(path)) found.push(event.type === 'notice' ? event.text : event.type);
  return found;
}

describe('the events of a journal', () => {
  it('are each told once, however many wrote it down', async () => {
    const path = file(notice(1, 'a'), notice(1, 'a'), notice(2, 'b'), notice(1, 'a'), notice(3, 'c'), notice(2, 'b'));
    expect(await textsIn(path)).toEqual(['a', 'b', 'c']);
  });

  it('are none that a host has made up: what is no text or number is passed over', async () => {
    const bad = [
      { ...notice(2), text: 5 },
      { type: 'client-changed', time, client: 'a', state: 'idle', detail: {} },
      { type: 'connection-refused', time, address: [], reason: 'x' },
      { type: 'phase-changed', time, phase: 'fit', round: 1, rounds: 1, waiting: { missing: [5] } },
      { type: 'run-started', time, rounds: 1, clients: 'abc' },
      'null',
      '{"type":',
      '[]',
    ];
    expect(await textsIn(file(notice(1, 'a'), ...bad, notice(9, 'z')))).toEqual(['a', 'z']);
  });

  it('are none where there is no journal', async () => {
    expect(await textsIn(join(top, 'none'))).toEqual([]);
  });
});

const proof = (verdict: string) => ({
  type: 'proof-finished',
  step: 'verify',
  time,
  proof: {
    ...{
      document: 'fl-wizard proof',
      version: 1,
      network: 'n',
      address: 'a',
      run: '1',
      started: time,
      time,
      mutual: true,
    },
    ...{ verdict, tries: [], certificates: [], hosts: [], software: {}, hashes: {} },
  },
});
const began = { type: 'run-started', time, rounds: 3, sequence: 1, run: '1' };

describe('the last proof', () => {
  it('is the last that is whole, and of this run only', async () => {
    const path = file(proof('first'), began, proof('second'), { ...proof('x'), proof: { document: 'else' } });
    expect((await lastProofIn(path, time))?.verdict).toBe('second');
    expect((await lastProofIn(path, undefined))?.verdict).toBe('second');
    expect(await lastProofIn(path, '2026-11-21T00:00:00Z')).toBeUndefined();
    expect(await lastProofIn(file(began), time)).toBeUndefined();
  });
});

describe('the settings of a run', () => {
  it('are names and texts, whatever they are', async () => {
    const path = file({
      rounds: 3,
      strategy: { name: 'FedAvg', numbers: { a: 1.5 } },
      args: [],
      clients: ['a', 'b'],
      none: null,
    });
    expect(await settingsIn(path)).toEqual([
      ['rounds', '3'],
      ['strategy.name', 'FedAvg'],
      ['strategy.numbers.a', '1.5'],
      ['clients', 'a, b'],
    ]);
  });

  it('are bounded, and none where there are none', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, at) => [`n${at}`, { a: at, b: at }]));
    expect(await settingsIn(file(many))).toHaveLength(100);
    expect(await settingsIn(file('{"a":'))).toEqual([]);
    expect(await settingsIn(join(top, 'none'))).toEqual([]);
  });
});
