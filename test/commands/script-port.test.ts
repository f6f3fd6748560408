/** Every command works with the port that the app's script names. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Call, Io } from '../../source/commands/context.ts';
import { readProject } from '../../source/commands/project.ts';
import { processConfig } from '../../source/flower/layout.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const network = `version: 1
name: xray
server: {address: fl.example.org, ssh: {host: s}}
clients: [{name: a, ssh: {host: a}}]
`;
const script = 'fl.server.start_server(server_address="0.0.0.0:19000", config=config)\n';
const project = `[tool.flwr.app.components]
serverapp = "server:app"
clientapp = "client:app"
`;

/** @param app files by their names in it */
async function networkOf(app: Readonly<Record<string, string>>, more = '') {
  const cwd = mkdtempSync(join(tmpdir(), 'flw-port-'));
  folders.push(cwd);
  writeFileSync(join(cwd, 'fl-network.yaml'), network + more);
  mkdirSync(join(cwd, 'app'));
  for (const [name, text] of Object.entries(app)) writeFileSync(join(cwd, 'app', name), text);
  const call: Call = {
    command: 'preflight',
    common: { parallel: 1 },
    options: {},
    version: '0',
    io: { cwd } as unknown as Io,
  };
  return (await readProject(call)).network;
}

it('is what the clients are told, and what is tried', async () => {
  const found = await networkOf({ 'server.py': script, 'client.py': '' });
  expect(found.flower).toMatchObject({ port: 19_000, portFrom: 'server.py' });
  const [client] = found.clients;
  const config = client && processConfig(found, client, { home: '/h', certificates: '/c' }, { id: '1' });
  expect(JSON.parse(config ?? '')).toMatchObject({ env: { FL_SERVER: 'fl.example.org:19000' } });
});

it.each<[string, Readonly<Record<string, string>>, string, number]>([
  ['fl-network.yaml names one', { 'server.py': script, 'client.py': '' }, 'flower: {port: 9300}\n', 9300],
  ['there is no app yet', {}, '', 9092],
  ['the app leaves its address to the runtime', { 'server.py': script, 'pyproject.toml': project }, '', 9092],
  ['pyproject.toml can’t be read', { 'server.py': script, 'pyproject.toml': '[' }, '', 9092],
])('is not the script’s where %s', async (_, app, more, port) => {
  const { flower } = await networkOf(app, more);
  expect(flower.port).toBe(port);
  expect(flower.portFrom).toBeUndefined();
});
