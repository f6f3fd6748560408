/** The app's folder: what it needs installed, and whether it can be run. */
import { join, relative } from 'node:path';
import { requirementsOf } from '../flower/layout.ts';
import type { Network } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { World } from '../plan/world.ts';
import { placesOf } from './shared.ts';

/** All that is to be installed: Flower, and what the app names, in requirements.txt before pyproject.toml. */
export async function requirementsIn(network: Network, world: World): Promise<readonly string[]> {
  const read = readerOf(placesOf(world.directory, network).app, world);
  const own = await read('requirements.txt');
  if (own !== undefined) return requirementsOf(network, own, 'requirements.txt');
  const project = await read('pyproject.toml');
  if (project === undefined) return requirementsOf(network, undefined, 'requirements.txt');
  const { projectRequirements } = await import('../network/app.ts');
  return requirementsOf(network, projectRequirements(project), 'pyproject.toml');
}

function readerOf(folder: string, world: Pick<World, 'read'>) {
  return async (name: string) => (await world.read(join(folder, name)))?.content.toString('utf8');
}

/** The app has to be whole before a host is asked to run it. @throws UserError (2) */
export async function requireApp(folder: string, from: string, world: Pick<World, 'read'>): Promise<void> {
  const { troubleOf } = await import('../network/app.ts');
  const trouble = await troubleOf(readerOf(folder, world));
  if (trouble === undefined) return;
  const doing = `Reading the code in ${relative(from, folder) || folder}`;
  throw new UserError({ exitCode: exit.invalid, doing, ...trouble });
}
