/** What several steps need: who takes part, where things lie here, and looks at hosts. */
import { join } from 'node:path';
import { type Member, members, type Network } from '../network/network.ts';
import type { Action, AuthorityFiles } from '../plan/action.ts';
import { exit, type Failure, UserError } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import type { Answers } from '../plan/step.ts';

/** Milliseconds. */
export const oneDay = 86_400_000;

/** Whole days from now to a date; negative once it has passed. */
export function daysTo(date: Date, now: Date): number {
  return Math.floor((date.getTime() - now.getTime()) / oneDay);
}

/** A file's mode as people write it: `0600`. */
export function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

/** Whether two lists hold the same, in whatever order. */
export function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
}

/** Local paths of a project. Absolute. */
export type Places = {
  readonly folder: string;
  readonly configuration: string;
  readonly ca: AuthorityFiles;
  readonly operator: { readonly certificate: string; readonly key: string };
  readonly probes: string;
  readonly crl: string;
  readonly app: string;
};

export function placesOf(directory: string, network: Network): Places {
  const folder = join(directory, network.certificates.folder);
  const own = join(directory, '.fl-wizard');
  return {
    folder,
    configuration: join(folder, 'certificate.conf'),
    ca: {
      certificate: join(folder, 'ca.crt'),
      key: join(folder, 'ca.key'),
      register: join(own, 'register.jsonl'),
    },
    operator: { certificate: join(own, 'operator.crt'), key: join(own, 'operator.key') },
    probes: join(own, 'probes'),
    crl: join(own, 'crl.pem'),
    app: join(directory, network.flower.app),
  };
}

export function pairOf(places: Places, name: string): { certificate: string; key: string; request: string } {
  const at = (ending: string) => join(places.folder, `${name}.${ending}`);
  return { certificate: at('crt'), key: at('key'), request: at('csr') };
}

/** The certificates that must be refused, as files in the folder of the probes. */
export const probeNames = ['expired', 'revoked', 'unlisted', 'impostor', 'foreign', 'server-expired'] as const;

export function probeOf({ probes }: Places, name: string): { certificate: string; key: string } {
  return { certificate: join(probes, `${name}.crt`), key: join(probes, `${name}.key`) };
}

/** Whether each private key is made on its own host, and only its request travels. */
export function madeOnHosts({ certificates }: Network): boolean {
  return certificates.keys === 'host';
}

/** The members that take part in this call. */
export function chosen({ network, only }: Answers): readonly Member[] {
  return only.length === 0 ? members(network) : members(network).filter((member) => only.includes(member.name));
}

export function chosenClients(answers: Answers): readonly Member[] {
  return chosen(answers).filter((member) => member.role === 'client');
}

/** Facts of a host that answered. */
export function factsOf(looks: Looks, name: string): HostFacts | undefined {
  const look = looks[name];
  return look && 'facts' in look ? look.facts : undefined;
}

/** For what can't begin without the server's host. @throws UserError (4) where it did not answer */
export function requireServer({ server }: Looks): void {
  if (server && 'failure' in server) throw new UserError(server.failure);
}

/** Failures of the hosts that did not. */
export function failuresOf(looks: Looks): readonly Failure[] {
  return Object.values(looks).flatMap((look) => ('failure' in look ? [look.failure] : []));
}

/** "1 file", "3 files". */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

export function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** Why sudo does not do what it is wanted for. */
const barred = {
  'wants a password': () => 'sudo wants a password',
  'not allowed': (user: string) => `${user} may not use sudo`,
  absent: () => 'sudo is not there',
};

/**
 * Why nothing may be written into a host's certificates' folder, or why it can't be made. sudo makes a folder where none
 * is; it never takes one from somebody, and never follows a link.
 */
export function folderTrouble(
  facts: HostFacts,
  member: Member,
): { readonly detail: string; readonly hint: string } | undefined {
  const path = facts.paths.certificates;
  const folder = facts.certificateFolder;
  const owner = member.remote.owner ?? facts.user;
  if (folder && folder.kind !== 'folder')
    return { detail: `${path} is a ${folder.kind}, and must be a folder`, hint: 'remove it' };
  if (facts.unsafeParent)
    return {
      detail: `${facts.unsafeParent} is a link or can be changed by others: they could replace what is below it`,
      hint: 'set remote.certificates to a folder that only root and the owner can change',
    };
  if (folder && folder.owner !== owner)
    return {
      detail: `${path} belongs to ${folder.owner}, not to ${owner}`,
      hint: `if it is meant for this, on ${member.name}: sudo chown ${owner} ${path}; else set remote.certificates`,
    };
  // Root follows no path through a folder of somebody's.
  if (!folder && facts.sudo === 'of no use')
    return {
      detail: `${path} can’t be made: ${owner} may not write to the folder that it belongs into`,
      hint: `let ${owner} write there, or set remote.certificates to another folder`,
    };
  const without = facts.sudo in barred ? barred[facts.sudo as keyof typeof barred] : undefined;
  if (!folder && without)
    return {
      detail: `${path} can be made only by root, and ${without(facts.user)}`,
      hint: `${facts.sudo === 'wants a password' ? 'give it by --sudo-password-file FILE; or ' : ''}on ${member.name}: sudo install -d -o ${owner} -m 0700 ${path}; or set remote.certificates to ~/fl_network`,
    };
  return undefined;
}

/** Why neither app nor environment may be put where they belong. */
export function homeTrouble({
  barred,
  user,
}: HostFacts): { readonly detail: string; readonly hint: string } | undefined {
  if (barred === undefined) return undefined;
  if (barred.readOnly)
    return {
      detail: `${barred.path} is on a file system that is mounted read-only`,
      hint: 'mount it for writing (after errors of the disk Linux makes it read-only: see dmesg), or set remote.home',
    };
  return {
    detail: `${user} may not write to ${barred.path}`,
    hint: `let ${user} write there; the app goes where remote.home says, Python packages into $XDG_CACHE_HOME (~/.cache)`,
  };
}

/** Hosts on which nothing may be written. Looked at again right before it is: preflight may have been days ago. */
export function folderFailures(
  answers: Answers,
  looks: Looks,
  doing: string,
  troubleOf: (facts: HostFacts, member: Member) => ReturnType<typeof folderTrouble> = folderTrouble,
): readonly Failure[] {
  return chosen(answers).flatMap((member) => {
    const facts = factsOf(looks, member.name);
    const trouble = facts && troubleOf(facts, member);
    if (!trouble) return [];
    const { detail: why, hint } = trouble;
    return [{ exitCode: exit.remote, host: member.name, doing: `${doing} ${member.name}`, why, hint }];
  });
}

/** How what sudo does is told. @param asks whether it asks for a password, which somebody here is asked for */
export function withSudo(asks: boolean): string {
  return asks ? 'with sudo, which asks for a password' : 'with sudo';
}

/** Makes the certificates' folder where it is not there. */
export function folderActions(member: Member, facts: HostFacts | undefined): readonly Action[] {
  if (facts?.certificateFolder) return [];
  const path = facts?.paths.certificates ?? member.remote.certificates;
  const sudo = facts ? facts.sudo === 'works' || facts.sudo === 'asks' : !path.startsWith('~');
  const asks = facts?.sudo === 'asks';
  const owner = member.remote.owner ?? facts?.user ?? member.ssh.user ?? 'the login user';
  return [
    {
      kind: 'make-folder',
      host: member.name,
      path,
      mode: 0o700,
      sudo,
      owner,
      ...(asks ? { asks } : {}),
      text: `make ${path}, only for ${owner}${sudo ? ` (${withSudo(asks)})` : ''}`,
    },
  ];
}
