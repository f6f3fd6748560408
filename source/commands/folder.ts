/** A project's folder, and the file that describes its network. */
import { resolve } from 'node:path';
import type { Call } from './context.ts';

export type Project = { readonly directory: string; readonly file: string };

export function projectOf({ common, io }: Call): Project {
  const directory = resolve(io.cwd, common.directory ?? '.');
  return { directory, file: common.file ? resolve(io.cwd, common.file) : resolve(directory, 'fl-network.yaml') };
}
