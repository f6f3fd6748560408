/** What the page of the steps looks at, where a host is in trouble. */
import { expect, it } from 'vitest';
import { answersFor } from '../../source/commands/standings.ts';
import { answers } from '../plan/fakes.ts';

const { network } = answers;
const onHosts = {
  ...answers,
  network: { ...network, certificates: { ...network.certificates, keys: 'host' as const } },
};

it.each([
  ['certs', answers, true, true],
  ['certs', answers, false, undefined],
  ['certs', onHosts, true, undefined],
  ['deploy', answers, true, undefined],
] as const)(
  '%s waits for no host in trouble where keys are made here, and for every one where they are not',
  (step, own, troubled, offline) => {
    expect(answersFor(step, own, troubled).options.offline).toBe(offline);
  },
);
