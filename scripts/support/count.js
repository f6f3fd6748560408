// Adds up what the test runners report. A runner that says "failed" and names no test counts as one failed test: a
// closing line that says "0 failed" must never stand below a failure.
import { relative } from 'node:path';
import { textOf } from './fingerprint.js';
import { root } from './process.js';

export const nothing = { passed: 0, failed: 0, skipped: [] };

export const one = (status) => (status === 0 ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 });

export function sum(counts) {
  return {
    passed: counts.reduce((total, { passed }) => total + passed, 0),
    failed: counts.reduce((total, { failed }) => total + failed, 0),
    skipped: counts.flatMap(({ skipped }) => skipped),
  };
}

const honest = (count, status) => (status !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count);

/** From vitest's JSON report. A file that can't even be loaded has no tests, and counts as one that failed. */
export function fromVitest(file, status) {
  const text = textOf(file);
  if (text === undefined) return honest(nothing, status);
  const count = { ...nothing, skipped: [] };
  for (const { name, status: ending, assertionResults: tests } of JSON.parse(text).testResults) {
    if (ending === 'failed' && !tests.some((test) => test.status === 'failed')) count.failed++;
    for (const test of tests) {
      if (test.status === 'passed') count.passed++;
      else if (test.status === 'failed') count.failed++;
      else count.skipped.push(`${relative(root, name)} > ${test.fullName}`);
    }
  }
  return honest(count, status);
}

// No test collected, which a filter can bring about.
const pytestFoundNone = 5;

/** From pytest's JUnit report, a flat list of <testcase>, each with at most one verdict inside. */
export function fromPytest(file, status) {
  if (status === pytestFoundNone) return nothing;
  const count = { ...nothing, skipped: [] };
  for (const [, attributes, inside = ''] of (textOf(file) ?? '').matchAll(
    /<testcase ([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs,
  )) {
    const of = (key) => new RegExp(`\\b${key}="([^"]*)"`).exec(attributes)?.[1] ?? '';
    if (/<(failure|error)\b/.test(inside)) count.failed++;
    else if (/<skipped\b/.test(inside)) count.skipped.push(`${of('classname')} > ${of('name')}`);
    else count.passed++;
  }
  return honest(count, status);
}
