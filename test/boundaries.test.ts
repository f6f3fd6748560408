import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deadEnds, type House, mustNotLoad } from './boundaries/graph.ts';
import { read } from './boundaries/reading.ts';
import * as rules from './boundaries/rules.ts';

const root = join(import.meta.dirname, '..');

function readAll(folder: string): House {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  const paths = names.filter((name) => /\.tsx?$/.test(name)).map((name) => `${folder}/${name.split(sep).join('/')}`);
  return new Map(paths.map((path) => [path, read(path, readFileSync(join(root, path), 'utf8'))]));
}

const source = readAll('source');
const tests = readAll('test');
const everywhere = [...source.values(), ...tests.values()];

const house = (texts: Record<string, string>): House =>
  new Map(Object.entries(texts).map(([path, text]) => [path, read(path, text)]));

const isHeavy = (specifier: string) => rules.heavy.includes(rules.packageOf(specifier));
const hasEffects = (specifier: string) => rules.isEffect(specifier) || rules.hasRooms(specifier);

describe('the house', () => {
  test('a library is imported in its own rooms only', () => {
    expect([...source.values()].flatMap(rules.strangersInRooms)).toEqual([]);
  });
  test('only cli.ts and start.ts touch the process', () => {
    expect([...source.values()].flatMap(rules.processOutsideCli)).toEqual([]);
  });
  test('nothing is `any`', () => {
    expect(everywhere.flatMap(rules.anys)).toEqual([]);
  });
  test('no test sleeps', () => {
    expect([...tests.values()].flatMap(rules.sleepingTests)).toEqual([]);
  });
  test("Node's modules are named as such, and every import leads somewhere", () => {
    expect([...everywhere.flatMap(rules.bareBuiltins), ...deadEnds(source)]).toEqual([]);
  });
  test('the pure rooms load nothing that has effects, not even through others', () => {
    const pure = [...source.keys()].filter((path) => rules.pureRooms.some((room) => path.startsWith(room)));
    expect(pure.flatMap((path) => mustNotLoad(source, path, hasEffects))).toEqual([]);
  });
  test.runIf(existsSync(join(root, 'source/cli.ts')))('the program starts without any heavy library', () => {
    expect(mustNotLoad(source, 'source/cli.ts', isHeavy)).toEqual([]);
  });
  test('what is started loads nothing before it knows what was asked for', () => {
    const others = (specifier: string) => !['node:fs', 'node:path'].includes(specifier);
    expect(mustNotLoad(source, 'source/start.ts', others)).toEqual([]);
  });
});

describe('a command without a screen', () => {
  test('loads no Unicode tables, which take tens of milliseconds', () => {
    const tables = (specifier: string) => specifier === 'string-width';
    expect(mustNotLoad(source, 'source/commands/steps.ts', tables)).toEqual([]);
  });
  test('asks its first screen, its questions and its steps without Ink', () => {
    expect(mustNotLoad(source, 'source/commands/lines.ts', (specifier) => /^(ink|react)\b/.test(specifier))).toEqual(
      [],
    );
  });
  test('brings of zod what is used: its `z` stands for all of it, languages included, and takes as long', () => {
    const whole = /import (?:\{[^}]*\bz\b[^}]*\}|z) from 'zod'/;
    const texts = [...source.keys()].filter((path) => whole.test(readFileSync(join(root, path), 'utf8')));
    expect(texts).toEqual([]);
  });
});

describe('the checker', () => {
  test.each([
    ["import forge from 'node-forge';", 'source/ssh/a.ts:1 imports node-forge, which only source/pki/ may'],
    ["\nimport type { Root } from 'react';", 'source/ssh/a.ts:2 imports react, which only source/ui/ may'],
    ["export * from '@grpc/grpc-js';", 'source/ssh/a.ts:1 imports @grpc/grpc-js, which only source/rpc/ may'],
    ["const a = await import('ink');", 'source/ssh/a.ts:1 imports ink, which only source/ui/ may'],
    ["type A = import('@inkjs/ui').Badge;", 'source/ssh/a.ts:1 imports @inkjs/ui, which only source/ui/ may'],
    [
      "import { jsx } from 'react/jsx-runtime';",
      'source/ssh/a.ts:1 imports react/jsx-runtime, which only source/ui/ may',
    ],
  ])('names a stranger: %s', (text, violation) => {
    expect(rules.strangersInRooms(read('source/ssh/a.ts', text))).toEqual([violation]);
  });
  test.each(["import ssh2 from 'ssh2';", "// import 'ink'", "const a = `import('ink')`;", "import 'ink-testing';"])(
    'lets pass: %s',
    (text) => expect(rules.strangersInRooms(read('source/ssh/a.ts', text))).toEqual([]),
  );
  test.each([
    ['process.exit(1);', ['source/a.ts:1 uses process.exit, which only source/cli.ts may']],
    ["const a = 1;\nprocess['env'];", ['source/a.ts:2 uses process.env, which only source/cli.ts may']],
    ["import p from 'node:process';", ['source/a.ts:1 imports node:process, which only source/cli.ts may']],
    ['process.kill(1, 0); facts.process.env; // process.exit()', []],
    ['export const f = (process: { env: string }) => process.env;', []],
    ['export const f = ({ process }: A) => process.env;', []],
  ])('knows the process: %s', (text, violations) => {
    expect(rules.processOutsideCli(read('source/a.ts', text))).toEqual(violations);
  });
  test.each(['source/cli.ts', 'source/start.ts'])('leaves the process to %s', (path) => {
    expect(rules.processOutsideCli(read(path, 'process.exit();'))).toEqual([]);
  });
  test('sees `any` in types, and not in words', () => {
    const text = "const any = 'any'; // any\nexport const f = (a: any[]) => a as unknown;";
    expect(rules.anys(read('source/a.tsx', text))).toEqual(['source/a.tsx:2 says `any`']);
  });
  test.each([
    ['await new Promise((done) => setTimeout(done, 50));', 1],
    ['await new Promise<void>((done) => { setTimeout(() => done(), 50); });', 1],
    ["import { setTimeout as sleep } from 'node:timers/promises';\nawait sleep(50);", 1],
    ["import { setTimeout as sleep } from 'node:timers/promises';\nwhile (!seen()) await sleep(50);", 0],
    ['for (;;) { if (seen()) break; await new Promise((done) => setTimeout(done, 50)); }', 0],
    ['await new Promise((done, fail) => { const t = setTimeout(() => fail(new Error()), 50); on("x", done); });', 0],
    ['setTimeout(() => server.close(), 50);', 0],
  ])('tells a sleep from a time limit: %s', (text, count) => {
    expect(rules.sleepingTests(read('test/a.test.ts', text))).toHaveLength(count);
  });
  test('names modules without `node:`, and imports that lead nowhere', () => {
    expect(rules.bareBuiltins(read('source/a.ts', "import 'fs';\nimport 'fs-extra';"))).toEqual([
      'source/a.ts:1 imports fs, write node:fs',
    ]);
    expect(deadEnds(house({ 'source/a/b.ts': "import '../c.ts';" }))).toEqual([
      "source/a/b.ts:1 imports ../c.ts, which isn't there",
    ]);
  });
  test('walks static imports, in circles too, and neither types nor what is loaded later', () => {
    const made = house({
      'source/cli.ts': "import './a.ts';\nimport type { B } from './b.ts';\nawait import('./c.ts');",
      'source/a.ts': "import './cli.ts';\nexport { d } from './steps/d.ts';",
      'source/b.ts': "import 'ink';",
      'source/c.ts': "import 'ssh2';",
      'source/steps/d.ts': "\nimport { type Z } from 'zod';\nimport type { Y } from 'yaml';",
    });
    expect(mustNotLoad(made, 'source/cli.ts', isHeavy)).toEqual([
      'source/steps/d.ts:2 loads zod (source/cli.ts → source/a.ts → source/steps/d.ts:2)',
    ]);
  });
  test('sees effects behind a pure file', () => {
    const made = house({
      'source/plan/a.ts': "import '../network/b.ts';\nimport 'node:path';",
      'source/network/b.ts': "import { readFileSync } from 'node:fs';",
    });
    expect(mustNotLoad(made, 'source/plan/a.ts', hasEffects)).toEqual([
      'source/network/b.ts:1 loads node:fs (source/plan/a.ts → source/network/b.ts:1)',
    ]);
  });
});
