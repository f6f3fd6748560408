/** What a look at a host finds, for plans that are worked out without one. */
import type { HostFacts, Looks } from '../../source/plan/host-facts.ts';

/** A host on which everything else was never done: reached, new, with all that is needed. */
export function hostFacts(name: string, more: Partial<HostFacts> = {}): HostFacts {
  const home = '/home/ubuntu/fl-wizard/xray';
  return {
    os: 'Linux 6.1',
    architecture: 'x86_64',
    user: 'ubuntu',
    python: '3.11.7',
    venv: true,
    diskFree: 50e9,
    clockOffset: 0,
    paths: {
      home,
      certificates: '/etc/ssl/fl_network',
      environment: '/home/ubuntu/.cache/fl-wizard/python-0123456789abcdef',
      policy: `${home}/policy`,
    },
    sudo: 'works',
    port: { holder: 'nobody' },
    environmentReady: false,
    openssl: true,
    files: {},
    process: { state: 'none' },
    runs: [],
    ...more,
    ...(name === 'server' ? {} : { server: undefined }),
  } as HostFacts;
}

export const found = (facts: Readonly<Record<string, HostFacts>>): Looks =>
  Object.fromEntries(Object.entries(facts).map(([name, each]) => [name, { facts: each }]));
