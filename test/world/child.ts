/** A room of the house in a process of its own: one that can be killed, and has another umask. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll } from 'vitest';
import { root } from '../helpers/wizard.ts';

export const isRoot = process.getuid?.() === 0;

/** A folder of the test file's own. */
export function scratch(): string {
  const path = mkdtempSync(join(tmpdir(), 'flw-world-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Bundles a program that may import from source/, and tells where it lies. */
export async function program(folder: string, code: string): Promise<string> {
  const outfile = join(folder, 'program.mjs');
  await build({
    stdin: { contents: code, resolveDir: root, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    logLevel: 'silent',
  });
  return outfile;
}

export type Said = { readonly code: number | null; readonly signal: string | null; readonly text: string };

export function shell(script: string, ...words: readonly string[]): Said {
  const { status, signal, stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', ...words], { encoding: 'utf8' });
  return { code: status, signal, text: `${stdout}${stderr}` };
}

export function start(file: string, words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [file, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** The next line that it prints. */
export async function line(child: ChildProcess): Promise<string> {
  let text = '';
  while (!text.includes('\n')) {
    if (child.stdout === null) throw new Error('no stdout');
    const [chunk] = await once(child.stdout, 'data');
    text += String(chunk);
  }
  return text.trim();
}
