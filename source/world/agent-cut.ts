/** An agent that ended in the middle of what it was sent: what is known of why. */
import { UserError } from '../plan/failure.ts';
import type { AgentHost, Runner } from './agent.ts';
import { remoteFailure } from './agent-answers.ts';

const hint = 'run it again: it goes on where this one ended';

/** The connection is tried: it may be what was lost (4). Else the agent ended alone (5). */
export async function cutOff(runner: Runner, host: AgentHost, doing: string): Promise<UserError> {
  try {
    await runner.run(['true']);
  } catch (error) {
    if (error instanceof UserError) return new UserError({ ...error.failure, host: host.name, doing, hint });
    throw error;
  }
  return remoteFailure(host.name, doing, 'the program on the host was ended before it had all of it', hint);
}
