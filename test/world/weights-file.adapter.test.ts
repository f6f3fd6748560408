/** Archives that numpy itself has written, and what is none. */
import { execFileSync } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exit } from '../../source/plan/failure.ts';
import { mustFit } from '../../source/steps/initial-weights.ts';
import { unpackedSize, weightsIn } from '../../source/world/weights-file.ts';
import { tool } from '../helpers/tools.ts';
import { answers, fakeWorld } from '../plan/fakes.ts';
import { scratch } from './child.ts';

const top = scratch();
const python = tool('python') ?? 'python3';
const path = (name: string) => join(top, name);

// Numbers of 64 bits stand where an archive is larger than 4 GB; zipfile writes them for small ones where its limit is low.
const make = `
import sys, zipfile, numpy as np
arrays = [np.zeros(100_000), np.ones((3, 4), np.float32)]
np.savez("plain.npz", *arrays)
np.savez_compressed("packed.npz", *arrays)
zipfile.ZIP64_LIMIT = 100
np.savez("large.npz", *arrays)
`;
/** Each array has a head of 128 bytes. */
const size = 100_000 * 8 + 12 * 4 + 2 * 128;

beforeAll(() => {
  execFileSync(python, ['-c', make], { cwd: top });
});

describe('weights in a file', () => {
  it.each(['plain', 'packed', 'large'])('are weighed without being read: %s', async (name) => {
    expect(await weightsIn(path(`${name}.npz`))).toBe(size);
  });

  it('are none', async () => {
    writeFileSync(path('text'), 'no zip');
    writeFileSync(path('empty'), '');
    writeFileSync(path('cut'), readFileSync(path('plain.npz')));
    truncateSync(path('cut'), 1000);
    for (const name of ['text', 'empty', 'cut'])
      await expect(weightsIn(path(name))).rejects.toMatchObject({
        failure: { exitCode: exit.invalid, why: 'it is no .npz' },
      });
    await expect(weightsIn(path('absent'))).rejects.toMatchObject({ failure: { exitCode: exit.local } });
    await expect(weightsIn(top)).rejects.toMatchObject({ failure: { exitCode: exit.local } });
  });

  it('of any bytes are none, and never a crash', () => {
    const whole = readFileSync(path('large.npz'));
    const list = whole.subarray(whole.indexOf(Buffer.from([0x50, 0x4b, 1, 2])));
    for (let at = 0; at < 46; at++) expect(() => unpackedSize(list.subarray(0, at + 1)), `${at}`).toThrow();
  });

  it('that no message holds are refused before anything is asked', async () => {
    const launch = (initialWeights: string | undefined, bytes: number) =>
      mustFit(
        { ...answers, options: { ...answers.options, ...(initialWeights ? { initialWeights } : {}) } },
        fakeWorld([], { weightsIn: async () => bytes }),
      );
    await launch(undefined, Number.NaN);
    await launch('/w.npz', 2e9);
    await expect(launch('/w.npz', 2.2e9)).rejects.toMatchObject({
      failure: { exitCode: exit.invalid, why: 'they are 2.2 GB, and a message of Flower holds 2.1 GB at most' },
    });
  });
});
