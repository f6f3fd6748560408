import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import type { Secret } from '../plan/secret.ts';
import { type AgentKeys, agentKeys } from './agent.ts';
import type { ConnectOptions } from './connect-options.ts';
import type { Deadline } from './deadline.ts';
import { type KeyFile, parsePrivateKey, readKeyFile } from './identity.ts';
import type { Library } from './library.ts';
import { publicBlobOf } from './openssh-key.ts';
import { askOnce } from './questions.ts';
import type { Target } from './target.ts';

/** The keys that are tried at one host, and what to say about them when none was taken. */
export type Login = {
  /** The next key to offer, or `undefined` when there is none left. */
  next(): Promise<AnyAuthMethod | undefined>;
  /** What was offered and what could not be, in words: `~/.ssh/id_ed25519`, `fl.pem (no such file)`. */
  readonly tried: readonly string[];
};

type Context = {
  readonly ssh2: Library;
  readonly target: Target;
  readonly options: ConnectOptions;
  readonly deadline: Deadline;
  readonly tried: string[];
};

/** Prepares the login to a target: files that need no question, then the agent, then files that need a passphrase. */
export function prepareLogin(context: Omit<Context, 'tried'>): Login {
  const tried: string[] = [];
  const attempts = offers({ ...context, tried });
  return {
    tried,
    async next() {
      const { value } = await attempts.next();
      return value ?? undefined;
    },
  };
}

async function* offers(context: Context): AsyncGenerator<AnyAuthMethod, undefined> {
  const { ssh2, target, options, tried } = context;
  const files = await Promise.all(target.identityFiles.map(readKeyFile));
  const locked: (KeyFile & { text: string })[] = [];
  for (const file of files) {
    if ('problem' in file) {
      tried.push(`${file.file} (${file.problem})`);
      continue;
    }
    const result = parsePrivateKey(ssh2, file.text);
    if ('encrypted' in result) locked.push(file);
    else if ('problem' in result) tried.push(`${file.file} (${result.problem})`);
    else yield offer(context, file.file, result.key);
  }
  const wanted = files.flatMap((file) => ('text' in file ? (publicBlobOf(file.text) ?? []) : []));
  const keys = await agentKeys(ssh2, agentOf(target, options), { wanted, only: target.identitiesOnly });
  yield* agentOffer(context, keys);
  for (const file of locked) {
    // The agent has just offered this key: no need for its passphrase.
    if (keys.blobs.some((blob) => publicBlobOf(file.text)?.equals(blob))) continue;
    const key = await unlock(context, file);
    if (key) yield offer(context, file.file, key);
  }
  for (const file of target.certificateFiles ?? [])
    tried.push(`${file} (a certificate, which only ssh itself can show)`);
  return undefined;
}

/** IdentityAgent of ~/.ssh/config, else SSH_AUTH_SOCK. */
function agentOf({ identityAgent }: Target, { agent }: ConnectOptions): string | undefined {
  return identityAgent === 'none' ? undefined : (identityAgent ?? agent);
}

function offer({ target, tried }: Context, file: string, key: ParsedKey): AnyAuthMethod {
  tried.push(file);
  return { type: 'publickey', username: target.user, key };
}

function* agentOffer({ target, tried }: Context, keys: AgentKeys): Generator<AnyAuthMethod> {
  if (keys.agent && keys.blobs.length > 0) {
    tried.push(`${keys.blobs.length} of the ssh-agent's keys`);
    yield { type: 'agent', username: target.user, agent: keys.agent };
  } else if (keys.problem) {
    tried.push(`the ssh-agent (${keys.problem})`);
  }
}

/** Asks for a file's passphrase, once for all hosts, and tries it; what went wrong is noted and no error. */
async function unlock(
  context: Context,
  { file, text }: { file: string; text: string },
): Promise<ParsedKey | undefined> {
  const { ssh2, options, deadline, tried } = context;
  const ask = options.passphrase;
  const passphrase: Secret | undefined = ask
    ? await deadline.pausedFor(() => askOnce(ask, file, () => ask({ file })))
    : undefined;
  if (!passphrase) {
    tried.push(`${file} (it needs a passphrase, and none was given)`);
    return undefined;
  }
  // Deriving the key takes some tenths of a second without native code, which is not the host's time, and N hosts with
  // one key derive it once.
  const result = await deadline.pausedFor(() =>
    askOnce(passphrase, text, async () => parsePrivateKey(ssh2, text, passphrase)),
  );
  if ('key' in result) return result.key;
  tried.push(`${file} (${'problem' in result ? result.problem : 'the passphrase is wrong'})`);
  return undefined;
}
