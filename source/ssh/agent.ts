import type { Duplex } from 'node:stream';
import type { OpenSSHAgent, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';
import type { Library } from './library.ts';

/** One key of the agent's, which signs for it. */
export type AgentKey = {
  readonly agent: OpenSSHAgent;
  readonly blob: Buffer;
  /** How far a signature got: a host asks for one only if it would take the key. */
  signature(): 'none' | 'waiting' | 'made' | 'refused';
};

/** The agent's keys that are worth offering. */
export type AgentKeys = {
  readonly keys: readonly AgentKey[];
  /** Why there are none, where an agent was named: "is locked or empty". */
  readonly problem?: string;
};

/** Which of the agent's keys: `wanted` first, and nothing else where `only` is set (IdentitiesOnly). */
export type AgentChoice = { readonly wanted: readonly Buffer[]; readonly only: boolean };

/** An agent lists its keys in milliseconds; one that is stopped or hangs takes the connection and says nothing. */
const listTimeout = 3000;

/**
 * Asks the ssh-agent for its keys. An agent that doesn't answer is no error, since a key file may do.
 * @param socket its path (SSH_AUTH_SOCK)
 * @param ended closes what is still open towards the agent
 */
export async function agentKeys(
  ssh2: Library,
  socket: string | undefined,
  choice: AgentChoice,
  ended: AbortSignal,
): Promise<AgentKeys> {
  if (!socket) return { keys: [] };
  const late = AbortSignal.timeout(listTimeout);
  let keys: ParsedKey[];
  try {
    const Agent = closing(ssh2, AbortSignal.any([ended, late]));
    keys = await identities(ssh2, new Agent(socket));
  } catch {
    const problem = late.aborted ? `it does not answer at ${socket}` : `nothing answers at ${socket}`;
    return { keys: [], problem };
  }
  const isWanted = (key: ParsedKey) => choice.wanted.some((blob) => blob.equals(key.getPublicSSH()));
  const others = choice.only ? [] : keys.filter((key) => !isWanted(key));
  const chosen = [...keys.filter(isWanted), ...others];
  if (chosen.length === 0) {
    return { keys: [], problem: keys.length === 0 ? 'it is locked or holds no key' : 'it holds none of these keys' };
  }
  return { keys: chosen.map((key) => agentKey(closing(ssh2, ended), socket, key)) };
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

/** An agent whose connections end with the signal: ssh2 waits without end. The class is made here because ssh2 is loaded late. */
function closing(ssh2: Library, ended: AbortSignal): Library['OpenSSHAgent'] {
  return class extends ssh2.OpenSSHAgent {
    override getStream(callback: Parameters<OpenSSHAgent['getStream']>[0]): void {
      super.getStream((error, stream?: Duplex) => {
        const close = () => void stream?.destroy();
        ended.addEventListener('abort', close);
        stream?.once('close', () => ended.removeEventListener('abort', close));
        if (ended.aborted) close();
        callback(error, stream);
      });
    }
  };
}

/**
 * An agent that shows one key. After ssh2 has offered all keys of an agent it knows nothing of what the host has said, so
 * each is offered by itself.
 */
function agentKey(Agent: Library['OpenSSHAgent'], socket: string, key: ParsedKey): AgentKey {
  let signature: ReturnType<AgentKey['signature']> = 'none';
  class One extends Agent {
    override getIdentities(callback: Parameters<OpenSSHAgent['getIdentities']>[0]): void {
      callback(null, [key]);
    }
    override sign(
      wanted: ParsedKey | Buffer | string,
      data: Buffer,
      options?: SigningRequestOptions | SignCallback,
      callback?: SignCallback,
    ): boolean {
      signature = 'waiting';
      const done = typeof options === 'function' ? options : callback;
      return super.sign(wanted, data, typeof options === 'object' ? options : {}, (error, bytes) => {
        signature = error ? 'refused' : 'made';
        done?.(error, bytes);
      });
    }
  }
  return { agent: new One(socket), blob: key.getPublicSSH(), signature: () => signature };
}
