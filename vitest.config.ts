import { defineConfig } from 'vitest/config';

const seconds = 1000;
const real = ['test/**/*.adapter.test.ts', 'test/**/*.e2e.test.ts'];

// Three kinds, one after the other, so that what is timed or binds ports has the machine to itself:
// `unit` needs no peer, `adapter` speaks with a real one (sshd, openssl, Flower), `e2e` runs the built program.
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic' } },
  test: {
    globalSetup: 'test/temporary.ts',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: real,
          // Certificates are made for real, and a key costs 150 ms of CPU on Node 20.
          testTimeout: 20 * seconds,
          // Nothing in them changes a module for the others, and a process for each file would cost as much as the tests.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'adapter',
          include: ['test/**/*.adapter.test.ts'],
          testTimeout: 60 * seconds,
          hookTimeout: 120 * seconds,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/**/*.e2e.test.ts'],
          // A whole demo, with a Python environment to be made on a machine that has none.
          testTimeout: 300 * seconds,
          hookTimeout: 300 * seconds,
          // Much of it waits: for hosts, for rounds, for links that are slow.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
