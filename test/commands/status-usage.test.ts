/** What `status` says of processes and GPUs: the hosts' answers are the test's. */
import { describe, expect, it } from 'vitest';
import { usageCells, usageRow, usagesOf } from '../../source/commands/status-usage.ts';
import type { Usage } from '../../source/plan/host-facts.ts';
import { answers, fakeWorld, network, remoteTrouble } from '../plan/fakes.ts';

const gigabyte = 1e9;
const gpu = { use: 0.35, memory: gigabyte, total: 24 * gigabyte };
const running = (more: Partial<Usage> = {}): Usage => ({
  process: { state: 'running' },
  taken: { process: '7 1', at: 1, cpu: 1, memory: 1.24 * gigabyte },
  gpus: [],
  ...more,
});

describe('what a process takes', () => {
  it('is bytes in the document and words in the table', () => {
    expect(usageRow(running({ gpus: [gpu] }))).toEqual({ memory: 1.24 * gigabyte, gpus: [gpu] });
    expect(usageCells(running({ gpus: [gpu] }))).toEqual({ memory: '1.2 GB', gpu: '35 %, 1.0 GB of 24 GB' });
    const busy = { ...gpu, use: 1 };
    expect(usageCells(running({ gpus: [gpu, busy] }))).toMatchObject({ gpu: '2 at 68 %, 2.0 GB of 48 GB' });
  });

  it('is nothing where none lives, and of a host without GPUs there is no word of them', () => {
    expect(usageRow({ process: { state: 'stopped' }, gpus: [] })).toEqual({});
    expect(usageCells({ process: { state: 'stopped' }, gpus: [] })).toEqual({});
    expect([usageRow(undefined), usageCells(undefined)]).toEqual([{}, {}]);
    expect(usageCells(running())).toEqual({ memory: '1.2 GB' });
  });

  it('is asked of those that answered, and one that does not tell is left out', async () => {
    const asked: string[] = [];
    const world = fakeWorld([], {
      usage: async (of, { name }) => {
        expect(of).toBe(network);
        asked.push(name);
        if (name === 'server') throw remoteTrouble();
        return running();
      },
    });
    const limits = { parallel: 2, signal: new AbortController().signal };
    expect(await usagesOf(world, answers, (name) => name !== 'client2', limits)).toEqual({ client1: running() });
    expect(asked).toEqual(['server', 'client1']);
  });
});
