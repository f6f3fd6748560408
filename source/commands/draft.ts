/** What a network is made of, however it was said: typed into the wizard, as flags of `init`, or in a file of answers. */
import { resolve } from 'node:path';
import { memberName, reservedNames } from '../network/member-name.ts';
import { type Draft, parseLogin, type SshDraft } from '../network/write.ts';
import { dnsName, ipAddress, isAddress } from '../pki/names.ts';
import { exit, type Failure, UserError } from '../plan/failure.ts';
import { together } from '../plan/mistakes.ts';
import { takeClients, type Validate } from '../ui/clients.ts';
import type { NetworkDraft, Stopped, Suggestion } from '../ui/screen.tsx';
import { namesBeside } from '../ui/suggestions.ts';
import { readLocal } from '../world/files.ts';
import { missing, required } from './project.ts';

export type Flags = Readonly<Record<string, unknown>>;

/** Texts as they would be typed. */
export type Said = Partial<NetworkDraft> & {
  readonly template?: string;
  /** A folder to copy the app from. */
  readonly app?: string;
  /** Clients that are none, and why. */
  readonly wrong?: readonly Failure[];
  /** Where somebody left the questions. */
  readonly stopped?: Stopped;
};

function invalid(why: string, hint?: string): UserError {
  return new UserError({ exitCode: exit.invalid, doing: 'Reading an answer', why, ...(hint ? { hint } : {}) });
}

function nameRule(text: string): void {
  if (!memberName.test(text))
    throw invalid('letters, digits, ".", "_" and "-", at most 63 of them, a letter or digit first');
}

function clientRule(text: string): void {
  nameRule(text);
  if (reservedNames.includes(text.toLowerCase())) throw invalid(`"${text}" is a reserved name`);
}

function hostRule(text: string): string {
  if (isAddress(text)) return ipAddress(text);
  if (/\/|^[^:]*:\d+$/.test(text)) throw invalid('a name or an address alone, without https:// and without a port');
  return dnsName(text);
}

function loginRule(text: string): void {
  if (/[*?]/.test(text)) throw invalid(`no Host of ~/.ssh/config is called ${text}`);
  parseLogin(text);
}

const rules: Readonly<Record<string, (text: string) => unknown>> = {
  address: hostRule,
  names: hostRule,
  server: loginRule,
  ssh: loginRule,
  name: nameRule,
  client: clientRule,
};

/** Why a value cannot be the answer to a question, in words. */
export const validate: Validate = (field, value) => {
  try {
    rules[field]?.(value);
    return undefined;
  } catch (error) {
    return error instanceof UserError ? error.failure.why : String(error);
  }
};

/** The draft of answers that were checked. @throws UserError (2) */
export function draftOf(said: NetworkDraft): Draft {
  const identityFile = said.identityFile.trim();
  const login = (text: string): SshDraft => ({ ...parseLogin(text), ...(identityFile ? { identityFile } : {}) });
  return {
    name: said.name,
    address: hostRule(said.address),
    names: namesBeside(said.address, said.names),
    server: login(said.server),
    clients: said.clients.map(({ name, ssh }) => ({ name, ssh: login(ssh) })),
    algorithm: 'ec',
  };
}

/** @throws UserError (2) naming every missing value with its flag and key, and each that is none */
export function completed({ wrong = [], ...said }: Said): NetworkDraft {
  const { name, address, names = [], server, identityFile = '', clients = [] } = said;
  // Of clients that are none, none is missing.
  const first = clients[0] ?? wrong[0];
  const absent = required.filter((_, at) => [name, address, server, first][at] === undefined);
  const doing = 'Writing fl-network.yaml';
  refuse(doing, [...wrong, ...wrongValues(said), ...(absent.length > 0 ? [missing(absent, doing).failure] : [])]);
  // All three are there: none is absent.
  return { name: name ?? '', address: address ?? '', names, server: server ?? '', identityFile, clients };
}

/** @throws UserError where anything is wrong */
export function refuse(doing: string, [first, ...more]: readonly Failure[]): void {
  if (first) throw together(doing, [first, ...more]);
}

function wrongValues(said: Said): readonly Failure[] {
  const wrong = [
    ...(['name', 'address', 'server'] as const).flatMap((field) => {
      const value = said[field];
      const why = value === undefined ? undefined : validate(field, value);
      return why ? [`${field} "${value}": ${why}`] : [];
    }),
    ...(said.names ?? []).flatMap((each) => validate('names', each) ?? []),
  ];
  return wrong.length > 0 ? [invalid(wrong.join('; ')).failure] : [];
}

/**
 * Flags say more than a file: who types one wants just that to be another.
 * @param aliases the Hosts of ~/.ssh/config: what a pattern such as `hosp-*` is looked for among
 */
export async function saidBy(flags: Flags, cwd: string, aliases: readonly string[] = []): Promise<Said> {
  const file = textOf(flags, 'fromAnswers');
  const answers = file === undefined ? {} : await answersIn(resolve(cwd, file), file, aliases);
  const texts = ['name', 'address', 'server', 'identityFile', 'app'] as const;
  const given = Object.fromEntries(
    texts.flatMap((name) => {
      const text = textOf(flags, name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
  const [names, clients] = [listOf(flags, 'names'), listOf(flags, 'client')];
  const server = textOf(flags, 'server') ?? answers.server;
  return {
    ...answers,
    ...given,
    ...(names.length > 0 ? { names } : {}),
    ...(clients.length > 0 ? taken(clients, '--client', hostsFor(server, aliases)) : {}),
    ...(typeof flags.template === 'string' ? { template: flags.template } : {}),
  };
}

/** Of all that are called so, the server is no client. */
function hostsFor(server: string | undefined, aliases: readonly string[]): readonly Suggestion[] {
  const hosts = aliases.filter((value) => !validate('ssh', value) && value !== server);
  return hosts.map((value) => ({ value, from: '~/.ssh/config' }));
}

function textOf(flags: Flags, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value : undefined;
}

function listOf(flags: Flags, name: string): readonly string[] {
  const value = flags[name];
  return Array.isArray(value) ? value.map(String) : [];
}

/** Each by the rule by which the wizard takes a line, and what is wrong with those that are none. */
function taken(lines: readonly string[], from: string, hosts: readonly Suggestion[]): Pick<Said, 'clients' | 'wrong'> {
  const { clients, wrong } = takeClients(lines, [], '', validate, hosts);
  if (wrong.length === 0) return { clients };
  const why = wrong.map(({ line, problem }) => `"${line}": ${problem}`).join('; ');
  const hint = 'for example hosp-a=ubuntu@10.0.0.11, or a Host of ~/.ssh/config alone';
  return { wrong: [{ exitCode: exit.invalid, doing: `Reading ${from}`, why, hint }] };
}

/** @throws UserError (2, 3) */
async function answersIn(path: string, shown: string, aliases: readonly string[]): Promise<Said> {
  const file = await readLocal(path);
  if (!file) throw new UserError({ exitCode: exit.invalid, doing: `Reading ${shown}`, why: 'there is no such file' });
  return saidIn(file.content.toString('utf8'), shown, aliases);
}

/** What a file of answers says. @throws UserError (2) */
export async function saidIn(content: string, shown: string, aliases: readonly string[] = []): Promise<Said> {
  const { answersOf } = await import('../network/answers.ts');
  const { clients, version: _, ...rest } = answersOf(content, shown);
  if (!clients) return rest;
  const { wrong = [], ...found } = taken(clients, shown, hostsFor(rest.server, aliases));
  refuse(`Reading ${shown}`, wrong);
  return { ...rest, ...found };
}
