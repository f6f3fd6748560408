/** What a real Python says of an app's syntax, asked by the agent; the host is this machine. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../source/plan/failure.ts';
import type { Remote } from '../../source/world/remote.ts';
import { syntaxOn } from '../../source/world/syntax.ts';
import { network } from '../plan/fakes.ts';
import { scratch } from './child.ts';
import { remoteAt } from './here.ts';

const home = scratch();

function read(files: Readonly<Record<string, string | Buffer>>, entries = ['client.py']) {
  const remote = remoteAt(home);
  const contents = Object.entries(files).map(([name, content]) => [name, Buffer.from(content as string)]);
  return syntaxOn(remote, network.server, { files: Object.fromEntries(contents), entries });
}

describe('a host’s Python', () => {
  it('names file, line and the line’s text, and leaves nothing behind', async () => {
    const fault = await read({ 'client.py': 'import os\n\n  \ndef f(:\n  pass\n' });
    expect(fault).toMatchObject({ file: 'client.py', line: 4, text: 'def f(:', why: expect.stringMatching(/\w/) });
    expect(readdirSync(home)).toEqual([]);
  });

  it.each([
    ['import task', 'task.py'],
    ['def fit():\n  from task import Net', 'task.py'],
    ['from lib import net', 'lib/net.py'],
    ['import lib.net.deep', 'lib/net/deep.py'],
    ['import lib.net.deep', 'lib/__init__.py'],
  ])('follows %j to %s', async (source, file) => {
    expect(await read({ 'client.py': source, [file]: 'x = (' })).toMatchObject({ file, line: 1, text: 'x = (' });
  });

  it('follows what a package imports of itself', async () => {
    const files = { 'xray/c.py': 'from . import task\n', 'xray/task.py': 'from ..other import x', 'other.py': 'if' };
    expect(await read(files, ['xray/c.py', 'xray/c/__init__.py'])).toMatchObject({ file: 'other.py', text: 'if' });
  });

  it('finds what compiling finds: a return outside of a function', async () => {
    expect(await read({ 'client.py': 'x = 1\nreturn x\n' })).toMatchObject({ line: 2, text: 'return x' });
  });

  it('is not asked about what nothing imports, and takes encodings and warnings as Python does', async () => {
    const latin = Buffer.concat([
      Buffer.from('# -*- coding: latin-1 -*-\nname = "J'),
      Buffer.from([0xf6]),
      Buffer.from('rg"\n'),
    ]);
    expect(await read({ 'client.py': latin, 'templates/x.py': '{{ name }}(' })).toBeUndefined();
    expect(await read({ 'client.py': '\ufeffpath = "\\d"\nif path is "x": pass\n' })).toBeUndefined();
    expect(await read({ 'client.py': Buffer.from([0x22, 0xf6, 0x22, 0x0a]) })).toMatchObject({ file: 'client.py' });
  });

  it('speaks of what was sent to it alone: an editor may be opened there', async () => {
    const about = (file: string) => {
      const remote = { call: async () => ({ trouble: { file, line: 1, text: 'x', why: 'y' } }) } as unknown as Remote;
      return syntaxOn(remote, network.server, { files: { 'client.py': Buffer.from('x') }, entries: ['client.py'] });
    };
    expect(await about('client.py')).toMatchObject({ file: 'client.py' });
    for (const file of ['../../.bashrc', '/etc/passwd', 'toString'])
      await expect(about(file)).rejects.toThrow(UserError);
  });
});
