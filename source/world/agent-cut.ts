/** An agent that ended in the middle of what it was sent, or sends: what is known of why. */
import { UserError } from '../plan/failure.ts';
import type { AgentHost, Runner } from './agent.ts';
import { remoteFailure } from './agent-answers.ts';

const hint = 'run it again: it goes on where this one ended';

/** The connection is tried: it may be what was lost (4). Else the agent ended alone (5). */
export async function cutOff(runner: Runner, host: AgentHost, doing: string, way: 'to' | 'from'): Promise<UserError> {
  try {
    await runner.run(['true']);
  } catch (error) {
    if (error instanceof UserError) return new UserError({ ...error.failure, host: host.name, doing, hint });
    throw error;
  }
  const what = way === 'to' ? 'it had' : 'it had sent';
  return remoteFailure(host.name, doing, `the program on the host was ended before ${what} all of it`, hint);
}
