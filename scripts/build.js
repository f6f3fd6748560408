// Bundles source/ into dist/, which runs without node_modules: what is started and has the help, the program, and a chunk
// for each heavy library that is loaded when it is first needed.
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundling, starting } from './support/bundling.js';
import { filesBelow, fingerprint, textOf } from './support/fingerprint.js';
import { withLock } from './support/lock.js';
import { notices } from './support/notices.js';
import { isStarted, main, root, Stop, say } from './support/process.js';

const program = 'fl-wizard.js';
const copied = ['templates', 'proto'];
const inputs = [
  'source',
  ...copied,
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'scripts/build.js',
  'scripts/support',
];

const dist = join(root, 'dist');
const cache = join(root, '.cache', 'build');

/** What the last build was made of, and what it made. */
const record = join(cache, 'record.json');

function upToDate(hash) {
  const text = textOf(record);
  if (text === undefined) return false;
  const last = JSON.parse(text);
  return last.hash === hash && last.outputs.every((path) => existsSync(join(dist, path)));
}

/** Settings of our own tools are of no use on a host. */
const shipped = (path) => !['pyproject.toml', 'buf.yaml'].includes(basename(path));

function copyData(target) {
  for (const path of copied.flatMap(filesBelow).filter(shipped)) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    cpSync(join(root, path), join(target, path));
  }
}

async function bundled(made) {
  // Only now: on a fresh clone it has just been installed.
  const esbuild = await import('esbuild');
  const built = Promise.all([
    esbuild.build(bundling(join(root, 'source', 'cli.ts'), made)),
    esbuild.build(starting(join(root, 'source', 'start.ts'), join(made, program))),
  ]);
  const results = await built.catch(() => {
    // It has printed what is wrong, with file and line.
    throw new Stop('dist/ could not be built');
  });
  // Its helper process would keep ours from ending.
  await esbuild.stop();
  const [inputs, outputs] = ['inputs', 'outputs'].map((part) => results.map(({ metafile }) => metafile[part]));
  return { inputs: Object.assign({}, ...inputs), outputs: Object.assign({}, ...outputs) };
}

/** Makes everything in a new folder, and puts that in place of the old one only when it is complete. */
async function bundle(target) {
  const made = join(target, 'dist');
  const metafile = await bundled(made);
  chmodSync(join(made, program), 0o755);
  // The package is of ES modules; what is started has a name that npm and people know.
  writeFileSync(join(made, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`);
  writeFileSync(join(made, 'NOTICES.txt'), notices(metafile, made));
  writeFileSync(join(cache, 'meta.json'), JSON.stringify(metafile));
  copyData(made);
  // Of the program just built, which looks for its version where it will be.
  cpSync(join(root, 'package.json'), join(target, 'package.json'));
  const { storedHelp } = await import('./support/stored-help.js');
  const built = await import(pathToFileURL(join(made, 'cli.mjs')).href);
  writeFileSync(join(made, 'help.json'), JSON.stringify(storedHelp(built.program())));
  rmSync(dist, { recursive: true, force: true });
  renameSync(made, dist);
}

export async function build() {
  mkdirSync(cache, { recursive: true });
  const hash = () => fingerprint(inputs);
  if (upToDate(hash())) return;
  await withLock('build', async () => {
    const made = hash();
    if (upToDate(made)) return;
    const start = Date.now();
    const target = mkdtempSync(join(cache, 'new-'));
    try {
      await bundle(target);
    } finally {
      rmSync(target, { recursive: true, force: true });
    }
    const outputs = filesBelow('dist').map((path) => relative('dist', path));
    writeFileSync(record, JSON.stringify({ hash: made, outputs }));
    say(`built dist/${program} in ${((Date.now() - start) / 1000).toFixed(1)} s`);
  });
}

if (isStarted(import.meta.url)) await main(build);
