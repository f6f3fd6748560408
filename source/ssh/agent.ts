import type { OpenSSHAgent, ParsedKey } from 'ssh2';
import type { Library } from './library.ts';

/** The agent's keys that are worth offering. */
export type AgentKeys = {
  /** Signs with these keys only; absent where there is no agent or no such key. */
  readonly agent?: OpenSSHAgent;
  readonly blobs: readonly Buffer[];
  /** Why there are none, where an agent was named: "is locked or empty". */
  readonly problem?: string;
};

/** Which of the agent's keys: `wanted` first, and nothing else where `only` is set (IdentitiesOnly). */
export type AgentChoice = { readonly wanted: readonly Buffer[]; readonly only: boolean };

/**
 * Asks the ssh-agent for its keys. An agent that doesn't answer is no error, since a key file may do.
 * @param socket its path (SSH_AUTH_SOCK)
 */
export async function agentKeys(ssh2: Library, socket: string | undefined, choice: AgentChoice): Promise<AgentKeys> {
  if (!socket) return { blobs: [] };
  const inner = new ssh2.OpenSSHAgent(socket);
  let keys: ParsedKey[];
  try {
    keys = await identities(ssh2, inner);
  } catch {
    return { blobs: [], problem: `nothing answers at ${socket}` };
  }
  const isWanted = (key: ParsedKey) => choice.wanted.some((blob) => blob.equals(key.getPublicSSH()));
  const others = choice.only ? [] : keys.filter((key) => !isWanted(key));
  const chosen = [...keys.filter(isWanted), ...others];
  if (chosen.length === 0) {
    return { blobs: [], problem: keys.length === 0 ? 'it is locked or holds no key' : 'it holds none of these keys' };
  }
  return { agent: limited(ssh2, socket, chosen), blobs: chosen.map((key) => key.getPublicSSH()) };
}

function identities(ssh2: Library, agent: OpenSSHAgent): Promise<ParsedKey[]> {
  return new Promise((resolve, reject) => {
    agent.getIdentities((error, keys) => {
      if (error) return reject(error);
      const parsed = (keys ?? []).map((key) => ssh2.utils.parseKey('pubKey' in Object(key) ? '' : (key as ParsedKey)));
      // Kinds that ssh2 doesn't know (hardware tokens, certificates) are left out, as if they weren't there.
      resolve(parsed.filter((key): key is ParsedKey => !(key instanceof Error)));
    });
  });
}

/** An agent that shows some of its keys. The class is made here because ssh2 is loaded late. */
function limited(ssh2: Library, socket: string, keys: ParsedKey[]): OpenSSHAgent {
  class Limited extends ssh2.OpenSSHAgent {
    override getIdentities(callback: Parameters<OpenSSHAgent['getIdentities']>[0]): void {
      callback(null, keys);
    }
  }
  return new Limited(socket);
}
