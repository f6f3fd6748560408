import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import type { Secret } from '../plan/secret.ts';
import { type AgentKey, agentKeys } from './agent.ts';
import type { ConnectOptions } from './connect-options.ts';
import type { Deadline } from './deadline.ts';
import { type KeyFile, parsePrivateKey, readKeyFile } from './identity.ts';
import type { Library } from './library.ts';
import { askOnce } from './questions.ts';
import type { Target } from './target.ts';

/** What is offered to a host: a key, or nothing, which makes it say what it takes. */
export type Offer = { readonly method: AnyAuthMethod; readonly agentKey?: AgentKey };

export type OfferContext = {
  readonly ssh2: Library;
  readonly target: Target;
  readonly options: ConnectOptions;
  readonly deadline: Deadline;
  /** Aborted when the attempt ends. */
  readonly ended: AbortSignal;
  /** What was offered and what could not be, in words. */
  readonly tried: string[];
};

/** To ask a host what it takes costs nothing as long as nothing else was offered. */
export const nothing = (user: string): Offer => ({ method: { type: 'none', username: user } });

/** The keys for a target: files that need no question, then the agent, then files that need a passphrase. */
export async function* keyOffers(context: OfferContext): AsyncGenerator<Offer, undefined> {
  const { ssh2, target, options, tried } = context;
  const files = await Promise.all(target.identityFiles.map(readKeyFile));
  const locked: (KeyFile & { text: string })[] = [];
  let offered = false;
  for (const file of files) {
    if ('problem' in file) {
      tried.push(`${file.file} (${file.problem})`);
      continue;
    }
    const result = parsePrivateKey(ssh2, file.text);
    if ('encrypted' in result) locked.push(file);
    else if ('problem' in result) tried.push(`${file.file} (${result.problem})`);
    else {
      offered = true;
      yield offer(context, file.file, result.key);
    }
  }
  const wanted = files.flatMap((file) => file.publicBlob ?? []);
  const agent = await agentKeys(ssh2, agentOf(target, options), { wanted, only: target.identitiesOnly }, context.ended);
  for (const agentOffer of agentOffers(context, agent)) {
    offered = true;
    yield agentOffer;
  }
  // Nobody is asked for the passphrase of a key that the host has no use for.
  if (locked.length > 0 && !offered) yield nothing(target.user);
  for (const file of locked) {
    // The agent has just offered this key: no need for its passphrase.
    if (agent.keys.some(({ blob }) => file.publicBlob?.equals(blob))) continue;
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

function offer({ target, tried }: OfferContext, file: string, key: ParsedKey): Offer {
  tried.push(file);
  return { method: { type: 'publickey', username: target.user, key } };
}

function* agentOffers(
  { target, tried }: OfferContext,
  { keys, problem }: Awaited<ReturnType<typeof agentKeys>>,
): Generator<Offer> {
  if (keys.length > 0) tried.push(`${keys.length} of the ssh-agent's keys`);
  else if (problem) tried.push(`the ssh-agent (${problem})`);
  for (const agentKey of keys) {
    yield { method: { type: 'agent', username: target.user, agent: agentKey.agent }, agentKey };
    if (agentKey.signature() === 'refused') tried.push('one of them is taken there, but the ssh-agent refused to sign');
  }
}

/** ssh asks as often: it is tried here, so that no host counts it as a failure. */
const tries = 3;

/** Asks for a file's passphrase, once for all hosts, and tries it; what went wrong is noted and no error. */
async function unlock(
  context: OfferContext,
  { file, text }: { file: string; text: string },
): Promise<ParsedKey | undefined> {
  const { ssh2, options, deadline, tried } = context;
  const ask = options.passphrase;
  let problem = 'it needs a passphrase, and none was given';
  for (let wrong: Secret | undefined, at = 0; at < tries; at += 1) {
    // Whoever had the same wrong one shares the next question, too.
    const asker = wrong ?? ask;
    const note = wrong ? { note: 'That does not open it.' } : {};
    const passphrase: Secret | undefined =
      ask && asker ? await deadline.pausedFor(() => askOnce(asker, file, () => ask({ file, ...note }))) : undefined;
    if (!passphrase) break;
    // Deriving the key takes some tenths of a second without native code, which is not the host's time, and N hosts
    // with one key derive it once.
    const result = await deadline.pausedFor(() =>
      askOnce(passphrase, text, async () => parsePrivateKey(ssh2, text, passphrase)),
    );
    if ('key' in result) return result.key;
    problem = 'problem' in result ? result.problem : 'the passphrase is wrong';
    wrong = passphrase;
  }
  tried.push(`${file} (${problem})`);
  return undefined;
}
