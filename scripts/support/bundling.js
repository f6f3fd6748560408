// How esbuild makes one folder of ES modules out of libraries of all kinds.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { namedExports } from './named-exports.js';
import { root } from './process.js';

/**
 * CommonJS inside the bundle asks for these three; in an ES module they have to be made. One line, in each such chunk.
 * `var`, because a bundled module may declare the same names.
 */
const commonJs = [
  "import { createRequire as __fl_createRequire } from 'node:module';",
  "import { fileURLToPath as __fl_path } from 'node:url';",
  'var require = __fl_createRequire(import.meta.url);',
  'var __filename = __fl_path(import.meta.url);',
  "var __dirname = __fl_path(new URL('.', import.meta.url));",
].join('');

/** Unicode, as far as it needs no tables. */
const graphemes = join(root, 'source', 'ui', 'graphemes.ts');

/** esbuild puts it in all chunks, and a command loads fifty: without it they start in a twentieth less time. */
const onlyWhereAsked = {
  name: 'only-where-asked',
  setup(build) {
    build.onEnd(({ metafile }) => {
      for (const path of Object.keys(metafile?.outputs ?? {}).filter((each) => each.endsWith('.mjs'))) {
        const text = readFileSync(path, 'utf8').replace(`${commonJs}\n`, '');
        if (!/\b(?:require|__filename|__dirname)\b/.test(text)) writeFileSync(path, text);
      }
    });
  },
};

/**
 * Left out, because each is only an extra of what asks for it: React's development tools and their socket (ink, where
 * DEV is set), and the native speed-ups of ssh2, which it does without when they can't be loaded.
 */
const leftOut = {
  name: 'left-out',
  setup(build) {
    const namespace = 'left-out';
    build.onResolve({ filter: /^(react-devtools-core|ws)$/ }, () => ({ path: 'empty', namespace }));
    build.onResolve({ filter: /^cpu-features$|\.node$/ }, () => ({ path: 'absent', namespace }));
    build.onLoad({ filter: /^empty$/, namespace }, () => ({ contents: 'export default {};' }));
    build.onLoad({ filter: /^absent$/, namespace }, () => ({ contents: "throw new Error('left out of the bundle');" }));
  },
};

/** What string-width makes ready when it is loaded, 15 ms for emoji alone: made when a text needs it. */
const widthsLater = {
  name: 'widths-later',
  setup(build) {
    build.onLoad({ filter: /node_modules\/string-width\/index\.js$/ }, ({ path }) => {
      // Below wrap-ansi there is an older one, which makes nothing ready.
      if (path !== join(root, 'node_modules', 'string-width', 'index.js')) return undefined;
      const text = readFileSync(path, 'utf8');
      const changes = [
        ['const rgiEmojiRegex = ', 'let rgiEmoji;\nconst rgiEmojiRegex = () => rgiEmoji ??= '],
        ['rgiEmojiRegex.test(', 'rgiEmojiRegex().test('],
        ['/^[\\u0020-\\u007E]*$/.test(', 'narrow.test('],
      ];
      const missing = changes.find(([from]) => text.split(from).length !== 2);
      if (missing) throw new Error(`string-width has not one ${missing[0]} any more`);
      const changed = changes.reduce((before, [from, to]) => before.replace(from, to), text);
      return {
        contents: `import { narrow } from ${JSON.stringify(graphemes)};\n${changed}`,
        resolveDir: dirname(path),
      };
    });
  },
};

const common = {
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  // Names stay, so that the stack of a bug report can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'external',
  metafile: true,
  logLevel: 'warning',
};

/** The program. Its name says that it is an ES module, since the folder's own package.json says CommonJS (`starting`). */
export function bundling(entry, outdir) {
  return {
    ...common,
    entryPoints: [entry],
    outdir,
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    // Each dynamic import() becomes a chunk of its own: `--help` reads none of them.
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    // React's development build is twice as large and half as fast. Ink's layout engine unpacks itself with `fetch` where
    // there is one, for which Node loads its whole HTTP client: 40 ms before the first frame. Nothing else here asks.
    define: {
      'process.env.NODE_ENV': '"production"',
      fetch: 'undefined',
      'Intl.Segmenter': 'GraphemeSegmenter',
    },
    inject: [graphemes],
    banner: { js: commonJs },
    jsx: 'automatic',
    plugins: [leftOut, widthsLater, namedExports, onlyWhereAsked],
  };
}

/** The program is what lies beside it. */
const beside = {
  name: 'beside',
  setup(build) {
    build.onResolve({ filter: /^\.\/cli\.ts$/ }, () => ({ path: './cli.mjs', external: true }));
  },
};

/** What is started (source/start.ts). */
export function starting(entry, outfile) {
  return { ...common, entryPoints: [entry], outfile, format: 'cjs', plugins: [beside] };
}
