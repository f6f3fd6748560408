import { expect, test } from 'vitest';
import { nearest } from '../../source/plan/nearest.ts';

const names = ['up', 'demo', 'init', 'config', 'certs', 'cert', 'launch', 'status', 'stop', 'restart'];

test.each([
  ['lanch', 'launch'],
  ['lauch', 'launch'],
  ['lunach', 'launch'],
  ['launchh', 'launch'],
  ['ceert', 'cert'],
  ['certss', 'certs'],
  ['sttaus', 'status'],
  ['pu', 'up'],
  ['dem', 'demo'],
])('%s may mean %s', (word, meant) => expect(nearest(word, names)).toBe(meant));

test('the only name that begins so is meant, however much is left out', () => {
  const keys = ['identityFile', 'host', 'port', 'proxyJump', 'proxyCommand'];
  expect(['identity', 'IDENT', 'proxy', 'ho'].map((word) => nearest(word, keys))).toEqual([
    'identityFile',
    'identityFile',
    undefined,
    undefined,
  ]);
});

test.each(['nonsense', '', 'x', 'laurel', 'help', 'x'.repeat(1_000_000)])(
  'nobody knows what is meant by %.20s',
  (word) => expect(nearest(word, names)).toBeUndefined(),
);
