/** The network at the port that it will have: fl-network.yaml's, or where that names none, the one of the app's server.py. */
import { join } from 'node:path';
import type { Network } from '../network/network.ts';
import { atScriptPort, scriptPort } from '../network/script-port.ts';
import { readLocal } from '../world/files.ts';

export async function withScriptPort(network: Network, directory: string): Promise<Network> {
  if (network.flower.written.port !== null) return network;
  const [server, client, project] = await Promise.all(
    ['server.py', 'client.py', 'pyproject.toml'].map((name) => textOf(join(directory, network.flower.app, name))),
  );
  if (server === undefined) return network;
  const names = ['server.py', ...(client === undefined ? [] : ['client.py'])];
  return (await isRun(project, names)) ? atScriptPort(network, scriptPort(server)) : network;
}

/** Whether server.py is what is run, and no app that pyproject.toml names: those leave their address to the runtime. */
async function isRun(project: string | undefined, names: readonly string[]): Promise<boolean> {
  if (project === undefined) return true;
  const { startedFrom } = await import('../network/app.ts');
  try {
    return startedFrom(project, names, 'server').join() === 'server.py';
  } catch {
    return false; // no TOML: whoever needs the app says so
  }
}

/** What can't be read is told of by who copies it. */
async function textOf(path: string): Promise<string | undefined> {
  const file = await readLocal(path).catch(() => undefined);
  return file?.content.toString('utf8');
}
