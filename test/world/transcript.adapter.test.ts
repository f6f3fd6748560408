import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Member } from '../../source/network/network.ts';
import { UserError } from '../../source/plan/failure.ts';
import { Agent, type AgentHost } from '../../source/world/agent.ts';
import { Calls } from '../../source/world/calls.ts';
import type { Connections } from '../../source/world/connections.ts';
import { entryLines, requestWords, Transcript } from '../../source/world/transcript.ts';
import { root } from '../helpers/wizard.ts';
import { network } from '../plan/fakes.ts';
import { scratch } from './child.ts';
import { unasked } from './here.ts';
import { runner } from './runner.ts';

const top = scratch();
let number = 0;
function folder(): string {
  const path = join(top, String(++number));
  mkdirSync(path);
  return path;
}
const read = (directory: string) => readFileSync(join(directory, '.fl-wizard', 'transcript.sh'), 'utf8');

/** What goes to a host that is this machine. */
function callsIn(directory: string, enabled = true): Calls {
  const home = folder();
  const connections = {
    session: async () => runner(home),
    agentHost: async ({ name }: Member): Promise<AgentHost> => ({ name, python: 'python3' }),
  } as unknown as Connections;
  const agent = new Agent(join(root, 'templates', 'host'));
  return new Calls({ agent, connections, sudo: unasked, transcript: new Transcript(directory, enabled) });
}

describe('the transcript', () => {
  it('has each command with host, time and exit code, in a file of its owner’s', async () => {
    const directory = folder();
    const calls = callsIn(directory);
    await calls.run(network.server, ['sh', '-c', 'exit 7']);
    await calls.call(network.server, { verb: 'make-folder', path: join(directory, 'made'), mode: 0o700 }, 'Making');
    await expect(
      calls.call(network.server, { verb: 'make-folder', path: 'none', mode: 0o700 }, 'Making'),
    ).rejects.toThrow(UserError);
    const time = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z';
    expect(read(directory)).toMatch(
      new RegExp(
        [
          `^# ${time} server exit 7 \\d+\\.\\d\\d s`,
          "fl-wizard ssh server -- sh -c 'exit 7'",
          `# ${time} server exit 0 .*`,
          `#   make-folder ${directory}/made`,
          `# ${time} server exit 3 .*`,
          '#   make-folder none',
          '$',
        ].join('\n'),
      ),
    );
    expect(statSync(join(directory, '.fl-wizard', 'transcript.sh')).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, '.fl-wizard')).mode & 0o777).toBe(0o700);
  });

  it('has what goes on at once in whole entries', async () => {
    const directory = folder();
    const transcript = new Transcript(directory, true);
    const entry = (host: string) => ({ host, did: { agent: 'look' }, code: 0, milliseconds: 1 });
    await Promise.all(Array.from({ length: 50 }, (_, at) => transcript.add(entry(`h${at}`), new Date(0))));
    expect(
      read(directory)
        .split('\n')
        .filter((line) => line === '#   look'),
    ).toHaveLength(50);
    expect(read(directory)).toMatch(/^(# 1970-01-01T00:00:00.000Z h\d+ exit 0 0.00 s\n# {3}look\n){50}$/);
  });

  it('writes nothing in a dry run', async () => {
    const directory = folder();
    await callsIn(directory, false).run(network.server, ['true']);
    expect(existsSync(join(directory, '.fl-wizard'))).toBe(false);
  });

  it('makes room after some megabytes, and keeps one older one', async () => {
    const directory = folder();
    mkdirSync(join(directory, '.fl-wizard'));
    writeFileSync(join(directory, '.fl-wizard', 'transcript.sh'), '#'.repeat(5_000_000));
    await new Transcript(directory, true).add(
      { host: 'a', did: { agent: 'look' }, code: 0, milliseconds: 1 },
      new Date(),
    );
    expect(read(directory).length).toBeLessThan(100);
    expect(statSync(join(directory, '.fl-wizard', 'transcript.1.sh')).size).toBe(5_000_000);
  });

  it('says so where it can’t be written (3)', async () => {
    const directory = folder();
    mkdirSync(join(directory, '.fl-wizard', 'transcript.sh'), { recursive: true });
    await expect(callsIn(directory).run(network.server, ['true'])).rejects.toMatchObject({ failure: { exitCode: 3 } });
  });

  it('has of a request its paths and places, and none of its contents', () => {
    const secret = 's3cret';
    const files = [{ to: '/etc/ssl/fl_network/ca.crt', mode: 0o644, sha256: secret }];
    expect(requestWords({ verb: 'receive', files })).toBe('receive /etc/ssl/fl_network/ca.crt 0644');
    expect(requestWords({ verb: 'set-modes', entries: [{ path: '/a', mode: 0o600 }] })).toBe('set-modes /a 0600');
    expect(requestWords({ verb: 'listen', port: 9092, token: secret, certificate: secret, key: secret })).toBe(
      'listen 9092',
    );
    expect(requestWords({ verb: 'make-request', key: '/k/server.key', configuration: secret })).toBe(
      'make-request /k/server.key',
    );
    expect(requestWords({ verb: 'climb', host: 'a', port: 1, token: secret })).toBe('climb a 1');
    const pip = { indexUrl: `https://u:${secret}@h/simple` };
    expect(requestWords({ verb: 'make-environment', path: '/p', requirements: ['flwr'], pip })).toBe(
      'make-environment /p',
    );
    expect(requestWords({ verb: 'survey', index: { pip }, paths: [{ path: '/data', writable: true }] })).toBe(
      'survey /data',
    );
  });

  it('stays one line, whatever a host’s name or a path holds', () => {
    const lines = entryLines(
      { host: 'a', did: { agent: 'look /a\nrm -rf /\u001b[2J' }, code: undefined, milliseconds: 0 },
      new Date(0),
    );
    expect(lines.split('\n')).toEqual([
      '# 1970-01-01T00:00:00.000Z a connection lost 0.00 s',
      '#   look /a rm -rf /',
      '',
    ]);
  });
});
