import { expect, it } from 'vitest';
import { placementOf } from '../../source/steps/placed.ts';
import { certificatesOf, issuedServer } from '../../source/steps/verify-days.ts';
import { answers, fakeWorld } from '../plan/fakes.ts';

const world = fakeWorld([], {
  read: async (path) => ({ content: Buffer.from('hello'), mode: path.endsWith('.key') ? 0o600 : 0o644 }),
  list: async () => [],
});

it.each([
  ['deploy', () => placementOf(answers, world)],
  ['a proof', () => issuedServer(answers, world)],
  ['the days that are left', () => certificatesOf(answers, world, [])],
])('what is no certificate is named by its file: %s', async (_, read) => {
  await expect(read()).rejects.toMatchObject({
    failure: {
      doing: expect.stringMatching(/^Reading \/project\/\S+\.crt$/),
      why: expect.stringContaining('no certificate'),
    },
  });
});
