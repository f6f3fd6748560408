import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

type Count = { passed: number; failed: number; skipped: string[] };
type Counting = Record<'fromVitest' | 'fromPytest', (file: string, status: number) => Count> & {
  sum: (counts: Count[]) => Count;
};

const root = join(import.meta.dirname, '..', '..');
// A script without types: what is used of it is written down above.
const counting = (await import(join(root, 'scripts/support/count.js'))) as Counting;

const folder = mkdtempSync(join(tmpdir(), 'fl-count-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(text: string): string {
  const path = join(folder, 'report');
  writeFileSync(path, text);
  return path;
}

const vitest = (...suites: [status: string, tests: string[]][]) =>
  file(
    JSON.stringify({
      testResults: suites.map(([status, tests]) => ({
        name: join(root, 'test/a.test.ts'),
        status,
        assertionResults: tests.map((each, index) => ({ status: each, fullName: `test ${index}` })),
      })),
    }),
  );

test('counts what vitest reports, and names what was skipped', () => {
  const report = vitest(['passed', ['passed', 'pending', 'passed', 'todo']], ['failed', ['failed', 'passed']]);
  expect(counting.fromVitest(report, 1)).toEqual({
    passed: 3,
    failed: 1,
    skipped: ['test/a.test.ts > test 1', 'test/a.test.ts > test 3'],
  });
});

test('a file that could not be loaded is one that failed', () => {
  expect(counting.fromVitest(vitest(['failed', []], ['passed', ['passed']]), 1)).toMatchObject({
    passed: 1,
    failed: 1,
  });
});

test('a runner that fails without naming a test counts as a failure', () => {
  expect(counting.fromVitest(vitest(['passed', ['passed']]), 1)).toMatchObject({ passed: 1, failed: 1 });
  expect(counting.fromVitest(join(folder, 'absent'), 1)).toMatchObject({ passed: 0, failed: 1 });
  expect(counting.fromPytest(join(folder, 'absent'), 4)).toMatchObject({ passed: 0, failed: 1 });
});

test('counts what pytest reports', () => {
  const report = file(`<testsuites><testsuite tests="5"><testcase classname="a" name="one" time="0" />
    <testcase classname="a" name="two"><failure message="x">&lt;skipped&gt;</failure></testcase>
    <testcase classname="a" name="three"><error message="y">z</error></testcase>
    <testcase classname="a" name="four"><skipped type="pytest.skip" message="no">why</skipped></testcase>
    <testcase classname="a" name="five"><system-out>&lt;failure</system-out></testcase></testsuite></testsuites>`);
  expect(counting.fromPytest(report, 1)).toEqual({ passed: 2, failed: 2, skipped: ['a > four'] });
});

test('a filter that finds no test of pytest is no failure', () => {
  expect(counting.fromPytest(file('<testsuites/>'), 5)).toEqual({ passed: 0, failed: 0, skipped: [] });
});

test('adds up', () => {
  const sum = counting.sum([
    { passed: 1, failed: 2, skipped: ['a'] },
    { passed: 3, failed: 0, skipped: ['b'] },
  ]);
  expect(sum).toEqual({ passed: 4, failed: 2, skipped: ['a', 'b'] });
});
