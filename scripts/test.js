// `npm test`: everything a fresh clone needs, then all tests. The last line is the sum: `N passed, N failed`.
// Arguments filter: paths below test/runtime and test/app go to pytest, all others to vitest. `--unit` takes only what
// needs no real peer. What speaks with real Flower in Python is run twice, with the newest and with the oldest version.
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from './build.js';
import { setup } from './setup.js';
import { fromPytest, fromVitest, one, sum } from './support/count.js';
import { main, root, run, say } from './support/process.js';
import { otherPythons, pythonForTests, pythonOfOldestFlower } from './support/python.js';
import { systemPackages } from './support/system.js';

const runtimeTests = 'test/runtime';
const pythonTests = [runtimeTests, 'test/app'];
const pythonApps = ['templates/app', 'templates/tutorial'];
// Laid over templates/app: they find its data.py beside them. torch is not installed here, and sklearn has no types.
const pythonOverlays = ['templates/torch', 'templates/sklearn'];
const unit = process.argv.includes('--unit');
const args = process.argv.slice(2).filter((argument) => argument !== '--unit');
const forPytest = args.filter((argument) => pythonTests.some((folder) => argument.startsWith(folder)));
const forVitest = args.filter((argument) => !forPytest.includes(argument));
const everything = args.length === 0;

const scratch = mkdtempSync(join(tmpdir(), 'fl-wizard-test-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));

const heading = (title) => process.stdout.write(`\n── ${title}\n`);

async function vitest(env) {
  heading('vitest');
  const report = join(scratch, 'vitest.json');
  const projects = unit ? ['--project', 'unit'] : [];
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const words = [program, 'run', ...projects, ...reporters, ...forVitest];
  return fromVitest(report, await run(process.execPath, words, { env, stdout: 'inherit' }));
}

async function pytest(python, env, paths, stdout, more = []) {
  const report = join(scratch, `pytest-${stdout}.xml`);
  const options = ['-q', '-rfEs', '-p', 'no:cacheprovider', ...more, `--junitxml=${report}`];
  return fromPytest(report, await run(python, ['-m', 'pytest', ...options, ...paths], { env, stdout }));
}

/** What Flower's version makes a difference to. */
const versioned = ['-m', 'not any_flower'];

/** Both versions at once: these tests wait for most of their time. The second is shown when it has ended. */
async function pytestOfBoth(python, env) {
  const paths = forPytest.length > 0 ? forPytest : pythonTests;
  const flower = paths.filter((path) => path.startsWith(runtimeTests));
  const oldest = flower.length > 0 ? await pythonOfOldestFlower() : undefined;
  const kept = join(scratch, 'pytest-oldest.txt');
  const file = openSync(kept, 'w');
  heading('pytest');
  const counts = await Promise.all([
    pytest(python, env, paths, 'inherit'),
    ...(oldest ? [pytest(oldest, { ...env, FL_WIZARD_PYTHON: oldest }, flower, file, versioned)] : []),
  ]);
  closeSync(file);
  if (oldest) heading('pytest, with the oldest Flower');
  process.stdout.write(readFileSync(kept, 'utf8'));
  return sum(counts);
}

/** Those of the runtime's tests that start no network of processes: what another Python could make a difference to. */
const ofAnyPython = [
  'config',
  'explain',
  'journal',
  'messages',
  'policy',
  'rounds',
  'state',
  'tuning',
  'unit',
  'verdict',
];

/** With each other Python that the machine has, one after the other. */
async function pytestOfOthers(python, env) {
  const paths = ofAnyPython.map((name) => `${runtimeTests}/test_${name}.py`);
  const counts = [];
  for (const other of await otherPythons(python)) {
    heading(`pytest, with Python ${other.version}`);
    counts.push(await pytest(other.python, { ...env, FL_WIZARD_PYTHON: other.python }, paths, 'inherit'));
  }
  return sum(counts);
}

/** Types and style of the Python files, each a test that passes or fails. */
async function pythonChecks(python, env) {
  const cache = join(root, '.cache', 'mypy');
  const mypy = ['-m', 'mypy', '--strict', '--python-version', '3.10', '--cache-dir', cache];
  const untyped = ['--disable-error-code', 'import-not-found', '--disable-error-code', 'import-untyped'];
  const ruff = ['-m', 'ruff', 'check', '--no-cache'];
  const own = ['--target-version', 'py310', '--select', 'E4,E7,E9,F,W,B,UP'];
  const checks = [
    ['mypy templates/runtime', [...mypy, '-p', 'fl_wizard_runtime'], 'templates/runtime'],
    // The scripts of two apps have the same names: each is looked at in its folder.
    ...pythonApps.map((folder) => [`mypy ${folder}`, [...mypy, '.'], folder]),
    ...pythonOverlays.map((folder) => [`mypy ${folder}`, [...mypy, ...untyped, '.'], folder]),
    ['ruff templates/runtime', [...ruff, 'templates/runtime'], '.'],
    ['ruff, other Python files', [...ruff, ...own, ...pythonApps, ...pythonOverlays, ...pythonTests, 'test/pki'], '.'],
  ];
  const counts = [];
  for (const [title, words, folder] of checks) {
    heading(title);
    counts.push(
      one(
        await run(python, words, { env: { ...env, MYPYPATH: '../app' }, cwd: join(root, folder), stdout: 'inherit' }),
      ),
    );
  }
  return sum(counts);
}

async function all() {
  if (!unit) await systemPackages();
  await setup();
  if (unit) return vitest(process.env);
  await build();
  const python = await pythonForTests();
  const quiet = { FLWR_TELEMETRY_ENABLED: '0', PYTHONDONTWRITEBYTECODE: '1' };
  const env = { ...process.env, ...quiet, FL_WIZARD_PYTHON: python };
  const counts = [];
  if (everything || forVitest.length > 0) counts.push(await vitest(env));
  if (everything || forPytest.length > 0) counts.push(await pytestOfBoth(python, env));
  if (everything) counts.push(await pytestOfOthers(python, env), await pythonChecks(python, env));
  return sum(counts);
}

await main(async () => {
  const { passed, failed, skipped } = await all();
  // A filter by name skips all others on purpose; a whole run on CI skips nothing, or it proves less than it says.
  const strict = everything && /^(1|true)$/i.test(process.env.CI ?? '');
  if (strict) for (const name of skipped) say(`skipped, which is a failure where CI is set: ${name}`);
  const failures = failed + (strict ? skipped.length : 0);
  if (passed + failures === 0) say('no test was run');
  process.exitCode = failures > 0 || passed === 0 ? 1 : 0;
  const rest = strict || skipped.length === 0 ? '' : `, ${skipped.length} skipped`;
  process.stdout.write(`\n${passed} passed, ${failures} failed${rest}\n`);
});
