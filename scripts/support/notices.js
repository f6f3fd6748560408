// The licenses of what is bundled: nearly all of them ask that their text goes along with the code.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './process.js';

const license = /^(licen[cs]e|copying|notice)/i;

/** The packages whose files are in the bundle, by the folder they are in. */
function bundled(metafile) {
  const folders = new Set();
  for (const path of Object.keys(metafile.inputs)) {
    // Made by a plugin, from a file that is listed as itself too.
    if (path.startsWith('named-exports:')) continue;
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path);
    if (match) folders.add(match[1]);
  }
  return [...folders].sort();
}

function noticeOf(folder) {
  const { name, version, license: terms } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const found = readdirSync(join(root, folder), { withFileTypes: true }).filter((each) => license.test(each.name));
  // A folder of them is of what the package contains itself (echarts: d3).
  const files = found.flatMap((each) => {
    const path = join(root, folder, each.name);
    return each.isDirectory() ? readdirSync(path).map((name) => join(path, name)) : [path];
  });
  const texts = files.map((file) => readFileSync(file, 'utf8').trim());
  return [`${name} ${version} (${terms ?? 'see below'})`, ...texts].join('\n\n');
}

/** esbuild writes the comments that begin with `!` or name a license into a file beside each chunk: one is enough. */
function comments(made) {
  const files = readdirSync(made, { recursive: true }).filter((file) => file.endsWith('.LEGAL.txt'));
  const texts = files.map((file) => readFileSync(join(made, file), 'utf8').trim());
  for (const file of files) rmSync(join(made, file));
  return [...new Set(texts)].filter((text) => text !== '');
}

export function notices(metafile, made) {
  const line = `\n\n${'-'.repeat(80)}\n\n`;
  return `${['fl-wizard contains these packages.', ...bundled(metafile).map(noticeOf), ...comments(made)].join(line)}\n`;
}
