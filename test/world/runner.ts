/** A host that is this machine, for what runs on one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import type { Runner } from '../../source/world/agent.ts';

/**
 * Runs words here, as a host would: the home is a folder of the test.
 * @param path where its programs are
 */
export function runner(home: string, umask = '022', path = process.env.PATH ?? ''): Runner {
  const child = (words: readonly string[]) =>
    spawn('sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', ...words], {
      env: { PATH: path, HOME: home, LANG: 'C.UTF-8' },
    });
  return {
    async run(words, { input = '', onLine } = {}) {
      const process_ = child(words);
      const said = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) process_[name].on('data', (chunk) => (said[name] += chunk));
      process_.stdin.on('error', () => undefined);
      process_.stdin.end(input);
      const [code] = await once(process_, 'close');
      for (const name of ['stdout', 'stderr'] as const)
        for (const line of said[name].split('\n').filter(Boolean)) onLine?.(line, name);
      return { code: Number(code), ...said };
    },
    async open(words) {
      const process_ = child(words);
      // A channel's input does not end by itself when the other side has ended: what it wrote is still read.
      const input = new PassThrough();
      process_.stdin.on('error', () => undefined);
      input.pipe(process_.stdin);
      const stream = Duplex.from({ readable: process_.stdout, writable: input });
      stream.on('close', () => process_.kill()).on('error', () => undefined);
      return Object.assign(stream, { stderr: process_.stderr });
    },
  };
}
