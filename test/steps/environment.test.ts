import { describe, expect, it } from 'vitest';
import { members, type Network } from '../../source/network/network.ts';
import { exit } from '../../source/plan/failure.ts';
import type { HostFacts } from '../../source/plan/host-facts.ts';
import { deployStep } from '../../source/steps/deploy.ts';
import {
  environmentActions,
  environmentFailures,
  environmentText,
  environmentTrouble,
} from '../../source/steps/environment.ts';
import type { Placement } from '../../source/steps/placed.ts';
import { answers, network } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const placement: Placement = { files: {}, requirements: ['flwr==1.41.0', 'own @ https://ada:hunter2@host/own.whl'] };
const [, managed] = members(network);
if (!managed) throw new Error('no client');
const existing = { ...managed, environment: 'existing' as const };
const facts = (more: Partial<HostFacts> = {}) => hostFacts('client1', { libc: 'glibc 2.36', ...more });
const interpreter = { python: '/opt/conda/bin/python', starter: '#!/bin/sh\n', lacking: [] };
const wheel = (name: string) => ({ file: `/w/${name}`, name, size: 1_000_000, requires: [] });
const wheels = [
  wheel('flwr-1.41.0-py3-none-any.whl'),
  wheel('own-1-py3-none-any.whl'),
  wheel('torch-2-py3-none-any.whl'),
];

describe('a managed environment', () => {
  it('is made, and its plan shows no login', () => {
    const [action, ...more] = environmentActions(answers, managed, facts(), placement, undefined);
    expect(more).toEqual([]);
    expect(action).toMatchObject({ kind: 'make-environment', requirements: placement.requirements });
    expect(action).not.toHaveProperty('wheels');
    expect(action?.text).toBe('make a Python environment with flwr==1.41.0 and own @ https://host/own.whl');
    expect(environmentText(managed, facts(), placement)).not.toContain('hunter2');
  });

  it('from wheels is told how many the host needs', () => {
    const [action] = environmentActions(answers, managed, facts(), placement, wheels);
    expect(action?.text).toContain(', from 2 wheels (2.0 MB)');
    expect(action).toMatchObject({ wheels: wheels.slice(0, 2) });
  });

  it('is refused before anything is copied where a wheel is missing, unless it is made already', () => {
    const trouble = (more: Partial<HostFacts> = {}) =>
      environmentTrouble(managed, facts(more), placement.requirements, wheels.slice(0, 1));
    expect(trouble()).toEqual({
      detail: 'there is no wheel of own @ https://host/own.whl for Python 3.11, x86_64, glibc 2.36',
      hint: 'fl-wizard wheels --only client1 gathers what it needs',
    });
    expect(trouble({ environmentReady: true })).toBeUndefined();
  });
});

describe('an interpreter that is there', () => {
  it('is used as it is, whatever else is set', () => {
    const [action] = environmentActions(answers, existing, facts({ existing: interpreter }), placement, wheels);
    expect(action).toMatchObject({ kind: 'use-environment', starter: interpreter.starter });
    expect(action?.text).toBe('use /opt/conda/bin/python as it is');
    expect(environmentText(existing, facts({ existing: interpreter }), placement)).toContain(
      'in /opt/conda/bin/python',
    );
    expect(environmentActions(answers, existing, facts({ environmentReady: true }), placement, undefined)).toEqual([]);
  });

  it('that lacks something is told before anything is copied: what is there, and what is wanted (5)', () => {
    const lacking = [{ wanted: 'flwr==1.41.0', found: '1.30.0' }, { wanted: 'grpc' }];
    const own: Network = { ...network, clients: [existing, ...network.clients.slice(1)] };
    const looks = found({ client1: facts({ existing: { ...interpreter, lacking } }), client2: hostFacts('client2') });
    const given = { ...answers, network: own };
    const failures = environmentFailures(given, looks, placement, undefined);
    expect(failures).toEqual([
      {
        exitCode: exit.remote,
        host: 'client1',
        doing: 'Preparing Python on client1',
        why: '/opt/conda/bin/python is used as it is, and flwr==1.41.0 is wanted, 1.30.0 is there and grpc is not there',
        // grpc is a module's name: pip knows it by another.
        hint: 'install it there (fl-wizard ssh client1 -- /opt/conda/bin/python -m pip install flwr==1.41.0), name another interpreter in remote.python, or let fl-wizard make one (environment: managed)',
      },
    ]);
    expect(deployStep.failures?.({ looks, placement, environments: failures })).toEqual(failures);
    expect(environmentFailures({ ...given, options: { onlyCertificates: true } }, looks, placement, undefined)).toEqual(
      [],
    );
  });

  it('that can’t be looked into is told so', () => {
    const trouble = environmentTrouble(
      existing,
      facts({ existing: { ...interpreter, trouble: 'no module' } }),
      placement.requirements,
      [],
    );
    expect(trouble?.detail).toBe('/opt/conda/bin/python could not be looked into: no module');
  });
});
