/**
 * Keys that are made on their own hosts (`certificates.keys: host`): what is there, and what has to be done for a
 * certificate. The key never leaves its host; its public half tells whether it is the certificate's.
 */
import { relative } from 'node:path';
import { certificateNames } from '../flower/layout.ts';
import type { Member, Network } from '../network/network.ts';
import { meets, publicKeyDigest, readKey } from '../pki/key.ts';
import type { Action, Issue } from '../plan/action.ts';
import type { Check } from '../plan/event.ts';
import { exit, type Failure, UserError } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import { Secret } from '../plan/secret.ts';
import type { Answers } from '../plan/step.ts';
import type { World } from '../plan/world.ts';
import type { Pair } from './pairs.ts';
import { chosen, factsOf, folderActions, folderFailures, madeOnHosts, type Places, pairOf } from './shared.ts';

/** What was found of a member's key, where keys are made on their hosts. */
export type HostKey = {
  readonly member: Member;
  readonly facts?: HostFacts;
  /** The private key lies here as well, so it was made here and copied. */
  readonly madeHere: boolean;
  /** A private key of that name that lies here, and is of no use. */
  readonly unused?: string;
};
/** By member; empty where keys are made here. */
export type HostKeys = Readonly<Record<string, HostKey>>;

/** @throws UserError (2) where hosts have to be asked, and may not be */
export function requireHosts({ network, options }: Answers): void {
  if (!madeOnHosts(network) || !options.offline) return;
  throw new UserError({
    exitCode: exit.invalid,
    doing: 'Making certificates without looking at hosts',
    why: 'certificates.keys is host in fl-network.yaml: each key is made on its own host, which has to be asked for it',
    hint: 'leave --offline out, or set certificates.keys to here',
  });
}

/** Path of a member's own key on its host. */
function keyPath(member: Member, facts: HostFacts | undefined): string {
  return `${facts?.paths.certificates ?? member.remote.certificates}/${certificateNames(member).key}`;
}

/** Why nothing can be made on a host. */
function hostFailure(member: Member, facts: HostFacts): Failure | undefined {
  const about = { host: member.name, doing: `Looking at the key of ${member.name}` };
  if (!facts.openssl)
    return {
      ...about,
      exitCode: exit.remote,
      why: 'openssl, which makes it, is not there',
      hint: 'apt install openssl',
    };
  const path = keyPath(member, facts);
  const file = facts.files[path];
  if (!file || (file.kind === 'file' && facts.publicKey)) return undefined;
  const what = file.kind === 'file' ? 'no private key that openssl can read without a passphrase' : `a ${file.kind}`;
  const hint = `on ${member.name}, move it away: then a new one is made`;
  return { ...about, exitCode: exit.proof, why: `${path} is ${what}`, hint };
}

/** Of a key from before; what can't be read is no host's key. */
function digestOf(pem: string): string | undefined {
  try {
    return publicKeyDigest(readKey(new Secret(pem)));
  } catch {
    return undefined;
  }
}

/** What the hosts hold. @throws UserError where a key can't be made, or what is there is none */
export async function keysOnHosts(answers: Answers, world: World, looks: Looks, places: Places): Promise<HostKeys> {
  if (!madeOnHosts(answers.network)) return {};
  const [trouble, ...others] = folderFailures(answers, looks, 'Making the key of');
  if (trouble) throw new UserError(trouble, others);
  const found = await Promise.all(
    chosen(answers).map(async (member): Promise<readonly [string, HostKey]> => {
      const facts = factsOf(looks, member.name);
      const failure = facts && hostFailure(member, facts);
      if (failure) throw new UserError(failure);
      const { key } = pairOf(places, member.name);
      const local = (await world.read(key))?.content.toString('utf8');
      return [
        member.name,
        {
          member,
          ...(facts ? { facts } : {}),
          madeHere: local !== undefined && facts?.publicKey !== undefined && digestOf(local) === facts.publicKey.sha256,
          ...(local === undefined ? {} : { unused: relative(world.directory, key) }),
        },
      ];
    }),
  );
  return Object.fromEntries(found);
}

/** Pairs whose keys lie on their hosts: the file that may still lie here says nothing. */
export function withHostKeys(pairs: Readonly<Record<string, Pair>>, keys: HostKeys): Readonly<Record<string, Pair>> {
  const judged = ([name, pair]: [string, Pair]): [string, Pair] => {
    const key = keys[name];
    if (!key) return [name, pair];
    const there = key.facts?.publicKey;
    const keyFits = there !== undefined && pair.certificate?.publicKey === there.sha256;
    return [name, { ...pair, keyThere: there !== undefined, keyFits, locked: false }];
  };
  return Object.fromEntries(Object.entries(pairs).map(judged));
}

/** A pair where no host is asked: the key that lies on one is taken to be the right one. */
export function withKeyElsewhere(pair: Pair | undefined, network: Network, name: string): Pair | undefined {
  if (!pair || !madeOnHosts(network) || name === 'operator') return pair;
  return { ...pair, keyThere: true, keyFits: true, locked: false };
}

/** An issue whose key lies on its host: kept where it is as it has to be. */
export function onItsHost(issue: Issue, key: HostKey | undefined): Issue {
  if (!key) return issue;
  const keepKey = issue.keepKey && !key.madeHere && meets(key.facts?.publicKey?.kind, issue.key);
  return { ...issue, keepKey, keyOn: issue.name };
}

/** What `wrong()` can't see. */
export function wrongOnHost(key: HostKey | undefined): string | undefined {
  return key?.madeHere ? 'its key was made on this machine, not on its host' : undefined;
}

/** What has to be done on a host before its certificate can be issued. */
export function requestActions(issue: Issue, key: HostKey | undefined): readonly Action[] {
  if (!key) return [];
  const { member } = key;
  const { purpose, subject, sans, digest, keepKey } = issue;
  const kind = issue.key.algorithm === 'ec' ? 'EC P-256' : `RSA ${issue.key.bits}`;
  const replace = !keepKey && key.facts?.publicKey !== undefined;
  const made = replace ? `make a new key for ${member.name} on its host` : `make ${member.name}’s key on its host`;
  return [
    ...folderActions(member, key.facts),
    {
      kind: 'request-on-host',
      host: member.name,
      key: keyPath(member, key.facts),
      replace,
      issue: { purpose, subject, sans, key: issue.key, digest },
      request: issue.files.request ?? issue.files.certificate.replace(/\.crt$/, '.csr'),
      text: keepKey
        ? `ask ${member.name} for a request, signed with the key on its host`
        : `${made} (${kind}) and ask for a request signed with it`,
      ...(replace ? { invalidates: [member.name] } : {}),
    },
  ];
}

/** Keys from before `certificates.keys: host`: nothing of ours reads or copies them any more. */
export function* unusedKeys(keys: HostKeys): Generator<Check> {
  for (const [name, { unused }] of Object.entries(keys)) {
    if (unused === undefined) continue;
    const detail = `not used any more: ${name}’s key is made on its host`;
    yield { name: unused, kind: 'state', ok: true, detail, hint: `delete ${unused}` };
  }
}
