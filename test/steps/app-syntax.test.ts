/** A line of the app that the hosts' Python can't read is found before anything is copied. */
import { describe, expect, it } from 'vitest';
import { exit, UserError } from '../../source/plan/failure.ts';
import type { AppSources, SyntaxFault } from '../../source/plan/survey.ts';
import { mustBeReadable, syntaxChecks, syntaxFaults } from '../../source/steps/app-syntax.ts';
import { fakeWorld, network, trouble } from '../plan/fakes.ts';
import { found, hostFacts } from './facts.ts';

const fault: SyntaxFault = { file: 'client.py', line: 3, text: 'def f(:', why: 'invalid syntax' };
const members = [network.server, ...network.clients];
const looks = found({
  server: hostFacts('server', { python: '3.12.1' }),
  client1: hostFacts('client1', { python: '3.11.7' }),
  client2: hostFacts('client2', { python: '3.11.7' }),
});

function asking(files: Readonly<Record<string, string>>, answer: (name: string) => SyntaxFault | undefined) {
  const asked: (readonly [string, AppSources])[] = [];
  const world = fakeWorld([], {
    list: async () => Object.keys(files).sort(),
    read: async (path) => ({ content: Buffer.from(files[path.split('/app/')[1] ?? ''] ?? ''), mode: 0o644 }),
    syntax: async ({ name }, sources) => {
      asked.push([name, sources]);
      return answer(name);
    },
  });
  return { asked, world };
}

const scripts = { 'server.py': 'serve()', 'client.py': 'join()', 'notes.txt': 'x' };

describe('the syntax of an app', () => {
  it('is asked of one host of each role and Python, which gets the Python alone', async () => {
    const { asked, world } = asking(scripts, () => undefined);
    expect(await syntaxFaults(network, members, looks, world)).toEqual([]);
    expect(asked.map(([name, { entries, files }]) => [name, entries, Object.keys(files)])).toEqual([
      ['server', ['server.py'], ['client.py', 'server.py']],
      ['client1', ['client.py'], ['client.py', 'server.py']],
    ]);
  });

  it('begins at what pyproject.toml names', async () => {
    const components = '[tool.flwr.app.components]\nserverapp = "xray.s:app"\nclientapp = "xray.c:app"\n';
    const { asked, world } = asking(
      { 'pyproject.toml': components, 'xray/s.py': 'app = 1', 'xray/c.py': 'app = 1' },
      () => undefined,
    );
    await syntaxFaults(network, members, looks, world);
    expect(asked.map(([, { entries }]) => entries)).toEqual([
      ['xray/s.py', 'xray/s/__init__.py'],
      ['xray/c.py', 'xray/c/__init__.py'],
    ]);
  });

  it('that is wrong names file, line, the line and whose Python says so: in preflight 5, in deploy 2', async () => {
    const { world } = asking(scripts, (name) => (name === 'client1' ? fault : undefined));
    const faults = await syntaxFaults(network, members, looks, world);
    const words = 'app/client.py, line 3: invalid syntax (Python 3.11.7 of client1): “def f(:”';
    // What is to be edited is that file, where it lies in the project.
    const place = { file: 'app/client.py', line: 3 };
    expect(syntaxChecks(network, faults)).toEqual([
      expect.objectContaining({ name: 'app', ok: false, exitCode: exit.remote, detail: words, place }),
    ]);
    expect(() => mustBeReadable(network, faults)).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ exitCode: exit.invalid, why: words, place }) }),
    );
  });

  it('is not offered for editing where the app lies elsewhere', async () => {
    const { world } = asking(scripts, (name) => (name === 'client1' ? fault : undefined));
    const elsewhere = { ...network, flower: { ...network.flower, app: '../ours' } };
    const [check] = syntaxChecks(elsewhere, await syntaxFaults(network, members, looks, world));
    expect(check).not.toHaveProperty('place');
  });

  it('is told once where server and client import the same wrong module', async () => {
    const { world } = asking(scripts, () => ({ ...fault, file: 'task.py' }));
    expect(await syntaxFaults(network, members, looks, world)).toHaveLength(1);
  });

  it('says nothing of a host that is lost meanwhile, nor of one that did not answer', async () => {
    const { asked, world } = asking(scripts, () => {
      throw new UserError(trouble(exit.connection, 'server'));
    });
    const lost = { ...looks, client1: { failure: trouble(exit.connection) }, client2: { failure: trouble(4) } };
    expect(await syntaxFaults(network, members, lost, world)).toEqual([]);
    expect(asked.map(([name]) => name)).toEqual(['server']);
  });
});
