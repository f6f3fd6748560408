/** The apps to start from. */
import { join } from 'node:path';
import { assetsFolder } from '../world/world.ts';

/**
 * The folders below templates/ that an app is made of. Of two files with one name the later folder's holds: the apps
 * that learn the digits differ in task.py and in what they require.
 */
const folders = {
  numpy: ['app'],
  torch: ['app', 'torch'],
  sklearn: ['app', 'sklearn'],
  tutorial: ['tutorial'],
} as const;

export type Template = keyof typeof folders;

export function isTemplate(name: unknown): name is Template {
  return typeof name === 'string' && Object.hasOwn(folders, name);
}

export function templateFolders(template: Template): readonly string[] {
  return folders[template].map((folder) => join(assetsFolder(), folder));
}
