/** A host that is this machine, as `source/world` talks to one. */
import { join } from 'node:path';
import type { Member } from '../../source/network/network.ts';
import { Agent, type AgentHost } from '../../source/world/agent.ts';
import { Calls } from '../../source/world/calls.ts';
import type { Connections } from '../../source/world/connections.ts';
import { Remote } from '../../source/world/remote.ts';
import { Sudo } from '../../source/world/sudo.ts';
import { Transcript } from '../../source/world/transcript.ts';
import { root } from '../helpers/wizard.ts';
import { runner } from './runner.ts';

/** sudo where nobody is there to be asked. */
export const unasked = new Sudo({ attended: false, ask: async () => ({ kind: 'no' }), inTurn: (work) => work() });

/** @param home the home of whoever logs in there */
export function remoteAt(home: string): Remote {
  const connections = {
    session: async () => runner(home),
    agentHost: async ({ name }: Member): Promise<AgentHost> => ({ name, python: 'python3' }),
  } as unknown as Connections;
  const agent = new Agent(join(root, 'templates', 'host'));
  return new Remote(new Calls({ agent, connections, sudo: unasked, transcript: new Transcript(home, false) }));
}
