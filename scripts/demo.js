// `npm run demo`: from a fresh clone to three rounds of training, in one command.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.js';
import { setup } from './setup.js';
import { main, root } from './support/process.js';

const program = join(root, 'dist', 'fl-wizard.js');

await main(async () => {
  await setup();
  await build();
  // The program takes over this process: signals, terminal, exit code and memory are then its own, with nobody
  // in between who would have to pass them on. (A terminal sends Ctrl-C to both a parent and its child.)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal);
  process.argv.splice(1, 1, program, 'demo');
  await import(pathToFileURL(program).href);
});
