/** A host that is this machine, for what runs on one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
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
      const stream = Duplex.from({ readable: process_.stdout, writable: process_.stdin });
      stream.on('close', () => process_.kill()).on('error', () => undefined);
      return Object.assign(stream, { stderr: process_.stderr });
    },
  };
}
