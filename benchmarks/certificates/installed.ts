/** What the benchmark needs beside this Node: fetched once into .cache/, with the registries' own clients. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const cache = join(import.meta.dirname, '..', '..', '.cache');

export type Node = {
  readonly path: string;
  readonly version: string;
  readonly major: number;
  readonly openssl: string;
};

/** A Node by its path, or by its major version, which is fetched: the npm package `node` would replace our own. */
export function nodeAt(word: string): Node {
  const current = word === process.versions.node.split('.')[0];
  const path = current ? process.execPath : /^\d+$/.test(word) ? fetchedNode(word) : resolve(word);
  const said = execFileSync(path, ['-p', 'process.versions.node + " " + process.versions.openssl'], {
    encoding: 'utf8',
  });
  const [version = '', openssl = ''] = said.trim().split(' ');
  return { path, version, major: Number.parseInt(version, 10), openssl };
}

function fetchedNode(major: string): string {
  const folder = join(cache, `node-${major}`);
  const path = join(folder, 'package', 'bin', 'node');
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const name = `node-${process.platform}-${process.arch}@${major}`;
  const words = ['pack', name, '--silent', '--pack-destination', folder];
  const archive = execFileSync('npm', words, { encoding: 'utf8' }).trim();
  execFileSync('tar', ['-xzf', join(folder, archive), '-C', folder, 'package/bin/node']);
  rmSync(join(folder, archive));
  return path;
}

export type Nvflare = { readonly path: string; readonly version: string };

/** NVFlare in an environment of its own; undefined where it can't be installed. */
export function nvflare(): Nvflare | undefined {
  const folder = join(cache, 'nvflare');
  const path = join(folder, 'bin', 'nvflare');
  const did = (command: string, words: readonly string[]) =>
    spawnSync(command, words, { stdio: 'ignore' }).status === 0;
  const made =
    existsSync(path) ||
    (did('python3', ['-m', 'venv', folder]) && did(join(folder, 'bin', 'pip'), ['install', '--quiet', 'nvflare']));
  if (!made) return undefined;
  const said = execFileSync(path, ['--version'], { encoding: 'utf8' });
  return { path, version: /\d+(\.\d+)+/.exec(said)?.[0] ?? said.trim() };
}
