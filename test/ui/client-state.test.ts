/** One word for one state: of a client that the server tells of, and of one whose host alone was asked. */
import { describe, expect, it } from 'vitest';
import type { ClientState } from '../../source/plan/event.ts';
import type { ProcessLook, ProcessState } from '../../source/plan/host-facts.ts';
import type { ClientView } from '../../source/plan/run-view.ts';
import { shownState, shownStates, wordFromHosts } from '../../source/ui/client-state.ts';
import type { Tense } from '../../source/ui/tense.ts';

const since = '2026-11-20T09:41:00Z';
const told = (state: ClientState, process?: ProcessState): ClientView => ({
  ...{ name: 'client1', state, since, seen: since, failed: 0, failures: [] },
  ...(process ? { process: { state: process, time: since } } : {}),
});
const look = (state: string, process: ProcessState = 'running'): ProcessLook => ({
  process: { state: process },
  client: { state },
});
const serving: ProcessLook = {
  process: { state: 'running' },
  server: { phase: 'fit', port: 9092, monitorPort: 1, run: '1' },
};
const missing: ProcessLook = {
  ...serving,
  server: { phase: 'fit', port: 9092, monitorPort: 1, run: '1', lost: { client1: {} } },
};
const down: ProcessLook = { process: { state: 'stopped' } };

describe('a client’s state is the same word in the live table and in status', () => {
  it.each<[string, ClientView, Tense, ProcessLook, ProcessLook | undefined]>([
    ['idle', told('connected'), 'now', look('connected'), serving],
    ['idle', told('idle'), 'now', look('connected'), serving],
    ['idle', told('idle'), 'lost', look('connected'), undefined],
    ['training', told('training'), 'now', look('training'), serving],
    ['evaluating', told('evaluating'), 'now', look('evaluating'), serving],
    ['no server', told('idle'), 'halted', look('retrying'), down],
    ['no server', told('training'), 'halted', look('training'), down],
    ['lost', told('lost'), 'now', look('retrying'), missing],
    ['lost', told('lost'), 'now', look('training'), missing],
    ['starting', told('starting'), 'now', look('retrying'), serving],
    ['starting', told('starting'), 'now', look('connecting'), serving],
    ['stopped', told('lost', 'stopped'), 'now', look('training', 'stopped'), missing],
    ['failed', told('lost', 'failed'), 'now', look('failed', 'failed'), missing],
    ['refused', told('lost', 'refused'), 'now', look('refused', 'refused'), serving],
    ['finished', told('lost', 'finished'), 'now', look('left', 'finished'), serving],
  ])('%s', (word, view, tense, own, server) => {
    expect([shownState(view, tense).word, wordFromHosts('client1', own, server)]).toEqual([word, word]);
    expect(shownStates).toContain(word);
  });

  it('is none of one that has told nothing of itself', () => {
    expect(wordFromHosts('client1', { process: { state: 'starting' } }, serving)).toBeUndefined();
  });
});
