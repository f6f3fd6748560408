// Everything that must hold of the repository beside its tests. Each check is named, all are run, any failure is 1.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { build } from './build.js';
import { leftOut } from './complete-lock.js';
import { checkNode, installModules } from './setup.js';
import { main, root, run, say } from './support/process.js';

// What an `npx` into an empty cache may cost to fetch.
const largestPackage = 1.5e6;
const mayBePacked =
  /^(package\.json|LICENSE|README\.md|CHANGELOG\.md|dist\/(fl-wizard\.js|cli\.mjs|(package|help)\.json|NOTICES\.txt|chunks\/[\w.-]+\.mjs|proto\/.+\.proto|templates\/.+))$/;
const mayNotBePacked = /\.(pyc|pem|key|crt|log|env)$|__pycache__|node_modules|\/\./;

const output = (command, args) => execFileSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 1e8 });
const bin = (name) => join(root, 'node_modules', '.bin', name);

/** A check that is a program: its own words are the complaint. */
const program = (command, args) => async () => {
  const status = await run(command, args);
  return status === 0 ? [] : [`${[basename(command), ...args].join(' ')} ended with ${status}`];
};

function packageContents() {
  const told = JSON.parse(output('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']));
  // An array up to npm 10, an object by name from npm 11 on.
  const [{ size, files }] = Object.values(told);
  const strange = files.map(({ path }) => path).filter((path) => !mayBePacked.test(path) || mayNotBePacked.test(path));
  const complaints = strange.map((path) => `${path} would be published`);
  if (size > largestPackage) complaints.push(`${size} bytes packed, at most ${largestPackage} are allowed`);
  say(`  ${files.length} files, ${size} bytes packed`);
  return complaints;
}

/** Where packages come from is a matter of each machine's npm, and all kinds of machines must be in the lock file. */
function lockForEverybody() {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const named = Object.entries(lock.packages).filter(([, { resolved }]) => resolved?.includes('://'));
  return [
    ...named.map(([path, { resolved }]) => `package-lock.json: ${path} is resolved to ${resolved}`),
    ...Object.keys(leftOut(lock)).map((path) => `package-lock.json lacks ${path}: node scripts/complete-lock.js`),
  ];
}

// Folders that everybody has: their names say nothing about this machine.
const common = ['/', '/tmp', '/var/tmp', '/home', '/root', '/opt', '/srv', '/usr/src', '/Users'];

/** What only this machine would know: where the clone is, whose it is, where packages are fetched from. */
function localWords() {
  const folders = [root, dirname(root), homedir()].filter((path) => !common.includes(path)).map((path) => `${path}/`);
  const registries = [output('npm', ['config', 'get', 'registry']).trim(), process.env.PIP_INDEX_URL];
  const hosts = registries.filter((url) => url !== undefined && URL.canParse(url)).map((url) => new URL(url).host);
  return [...folders, ...hosts];
}

function nothingOfThisMachine() {
  const words = localWords();
  const paths = output('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']).split('\0');
  return paths
    .filter((path) => path !== '')
    .flatMap((path) => {
      const lines = readFileSync(join(root, path), 'utf8').split('\n');
      const found = (line) => words.find((word) => line.includes(word));
      return lines.flatMap((line, index) => (found(line) ? [`${path}:${index + 1} names ${found(line)}`] : []));
    });
}

const checks = {
  types: program(bin('tsc'), ['--noEmit']),
  lint: program(bin('biome'), ['ci', '--colors=off', '--error-on-warnings', '.']),
  boundaries: program(bin('vitest'), ['run', '--project', 'unit', 'test/boundaries.test.ts']),
  'proto files': program(bin('buf'), ['lint', 'proto']),
  descriptors: program(process.execPath, ['scripts/proto.js', '--check']),
  'package contents': packageContents,
  'lock file': lockForEverybody,
  'nothing of this machine': nothingOfThisMachine,
};

await main(async () => {
  // Not all of setup: nothing here needs Python, which CI's tests install where it is missing.
  checkNode();
  await installModules();
  await build();
  const failed = [];
  for (const [name, check] of Object.entries(checks)) {
    say(`── ${name}`);
    const complaints = await check();
    for (const complaint of complaints) say(`  ${complaint}`);
    if (complaints.length > 0) failed.push(name);
  }
  say(failed.length === 0 ? '\nall checks passed' : `\nfailed: ${failed.join(', ')}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
});
