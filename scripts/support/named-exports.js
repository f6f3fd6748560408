// A trap between tests and the bundle: of a CommonJS library, `await import('x')` has named exports in Node, which
// finds them by reading the source, and only `default` in esbuild's chunks. This plugin gives the chunks Node's names.
import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const namespace = 'named-exports';

function isCommonJs(path) {
  if (extname(path) !== '.js') return extname(path) === '.cjs';
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).type !== 'module';
    } catch {
      if (folder === dirname(folder)) return true;
    }
  }
}

async function wrapper(path) {
  const names = Object.keys(await import(pathToFileURL(path).href));
  const lines = names
    .filter((name) => name !== 'default' && /^[A-Za-z_$][\w$]*$/.test(name))
    .map((name) => `const _${name} = all.${name};\nexport { _${name} as ${name} };`);
  return [`const all = require(${JSON.stringify(path)});`, 'export default all;', ...lines].join('\n');
}

export const namedExports = {
  name: namespace,
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, pluginData }) => {
      if (kind !== 'dynamic-import' || pluginData === namespace) return undefined;
      const found = await build.resolve(path, { kind, resolveDir, pluginData: namespace });
      return found.external || found.errors.length > 0 || !isCommonJs(found.path)
        ? undefined
        : { path: found.path, namespace };
    });
    build.onLoad({ filter: /.*/, namespace }, async ({ path }) => ({
      contents: await wrapper(path),
      resolveDir: dirname(path),
    }));
  },
};
