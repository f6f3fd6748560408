/** The wizard: the first screen, the questions, and all steps. The same machine as `up`, with a person. */
import { join } from 'node:path';
import { addServerNames } from '../network/add-names.ts';
import type { Network } from '../network/network.ts';
import { reservedNames } from '../network/schema.ts';
import { type Draft, parseLogin, type SshDraft } from '../network/write.ts';
import { dnsName, ipAddress, isAddress } from '../pki/names.ts';
import { hasEnded } from '../plan/event.ts';
import { type ExitCode, exit, UserError } from '../plan/failure.ts';
import { steps } from '../steps/index.ts';
import { pairOf, placesOf } from '../steps/shared.ts';
import type { NetworkDraft, Screen, WelcomeFacts } from '../ui/screen.tsx';
import { readLocal, writeLocal } from '../world/files.ts';
import { journalIn } from '../world/journal.ts';
import { type Call, colors, hasScreen, interactive, orAborted, unicode } from './context.ts';
import { requireNew, writeProject } from './init.ts';
import { missing, type Project, projectOf, readProject, required } from './project.ts';
import { session } from './session.ts';
import { templateFolders, withParts } from './templates.ts';

async function screenFor(call: Call): Promise<Screen> {
  const { openScreen } = await import('../ui/screen.tsx');
  return openScreen({
    version: call.version,
    directory: projectOf(call).directory,
    stdin: call.io.stdin,
    stdout: call.io.stdout,
    colors: colors(call),
    unicode: unicode(call),
    interrupt: call.io.interrupt,
  });
}

/** What this folder is: looked at, and quickly. Hosts are not asked yet. */
async function welcomeFacts(call: Call): Promise<WelcomeFacts> {
  const { directory, file } = projectOf(call);
  const [text, config, keys] = await Promise.all([
    readLocal(file),
    readLocal(join(call.io.home, '.ssh', 'config')).catch(() => undefined),
    readLocal(join(directory, 'fl_network', 'certificate.conf')).catch(() => undefined),
  ]);
  const network = text ? await readProject(call).then((project) => project.network) : undefined;
  const hosts = (config?.content.toString('utf8') ?? '').match(/^\s*Host\s+(?!.*[*?])(.+)$/gim) ?? [];
  const names = hosts.map((line) => line.trim().replace(/^host\s+/i, ''));
  const found: (readonly [string, string])[] = [
    ...(names.length > 0 ? [['~/.ssh/config', names.slice(0, 6).join('  ')] as const] : []),
    ['ssh-agent', call.io.env.SSH_AUTH_SOCK ? 'is there' : 'none'],
    [
      'here',
      `${network ? 'fl-network.yaml' : 'no fl-network.yaml'}, ${keys ? 'certificate.conf' : 'no certificate.conf'}`,
    ],
  ];
  const state = !network ? 'empty' : (await going(directory)) ? 'running' : 'network';
  return { state, found, ...(network ? { network: about(network) } : {}) };
}

function about(network: Network): NonNullable<WelcomeFacts['network']> {
  return { name: network.name, clients: network.clients.length, address: network.address };
}

/** Whether our own record knows a run that has not ended. */
async function going(directory: string): Promise<boolean> {
  const journal = journalIn(directory);
  const run = (await journal.runs()).at(-1);
  return run !== undefined && !hasEnded(await journal.read(run));
}

function invalid(why: string): UserError {
  return new UserError({ exitCode: exit.invalid, doing: 'Reading an answer', why });
}

function nameRule(text: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text))
    throw invalid('letters, digits, ".", "_" and "-", at most 63 of them, a letter or digit first');
}

/** The rule of each question, in words. */
export function validate(field: string, value: string): string | undefined {
  const rules: Readonly<Record<string, (text: string) => unknown>> = {
    address: (text) => (isAddress(text) ? ipAddress(text) : dnsName(text)),
    names: (text) => (isAddress(text) ? ipAddress(text) : dnsName(text)),
    server: parseLogin,
    ssh: parseLogin,
    name: nameRule,
    client: (text) => {
      nameRule(text);
      if (reservedNames.includes(text.toLowerCase())) throw invalid(`"${text}" is a reserved name`);
    },
  };
  try {
    rules[field]?.(value);
    return undefined;
  } catch (error) {
    return error instanceof UserError ? error.failure.why : String(error);
  }
}

function draftOf(draft: NetworkDraft): Draft {
  const identityFile = draft.identityFile.trim();
  const login = (text: string): SshDraft => ({ ...parseLogin(text), ...(identityFile ? { identityFile } : {}) });
  return {
    name: draft.name,
    address: isAddress(draft.address) ? ipAddress(draft.address) : dnsName(draft.address),
    names: draft.names,
    server: login(draft.server),
    clients: draft.clients.map(({ name, ssh }) => ({ name, ssh: login(ssh) })),
    algorithm: 'ec',
  };
}

/** The questions of `init`, prefilled with what the flags gave. */
export async function askDraft(call: Call, flags: Readonly<Record<string, unknown>>): Promise<Draft | undefined> {
  const screen = await screenFor(call);
  try {
    const draft = await orAborted(screen.questions(prefill(flags), validate), call.io.signal, undefined);
    return draft ? draftOf(draft) : undefined;
  } finally {
    await screen.close();
  }
}

function prefill(flags: Readonly<Record<string, unknown>>): Partial<NetworkDraft> {
  const text = (name: string) => (typeof flags[name] === 'string' ? { [name]: flags[name] } : {});
  return { ...text('name'), ...text('address'), ...text('server'), ...text('identityFile') };
}

async function setUp(call: Call, screen: Screen): Promise<boolean> {
  const { directory, file } = projectOf(call);
  const asked = await orAborted(screen.questions({}, validate), call.io.signal, undefined);
  if (!asked) return false;
  await requireNew(file, call.io.cwd);
  const draft = draftOf(asked);
  await writeProject(
    directory,
    file,
    { ...draft, clients: withParts(draft.clients, 'numpy') },
    templateFolders('numpy'),
  );
  return true;
}

export async function wizard(call: Call): Promise<ExitCode> {
  if (!interactive(call)) throw missing(required, 'Starting the wizard without a terminal');
  if (!hasScreen(call)) {
    call.io.stderr.write(
      'This terminal shows lines only; the steps follow one by one (fl-wizard init, then fl-wizard up).\n',
    );
    return allSteps(call, false);
  }
  const screen = await screenFor(call);
  let choice: Awaited<ReturnType<Screen['welcome']>>;
  try {
    choice = await orAborted(screen.welcome(await welcomeFacts(call)), call.io.signal, 'quit');
    if (choice === 'setup' && !(await setUp(call, screen))) return exit.done;
  } finally {
    await screen.close();
  }
  if (call.io.signal.aborted || choice === 'quit') return exit.done;
  if (choice === 'demo') return (await import('./demo.ts')).demo(call, { clients: 2, rounds: 3 });
  return allSteps(call, choice === 'monitor');
}

/** @throws UserError (2, 3) */
async function addNames({ file }: Project, names: readonly string[]): Promise<Network> {
  const read = await readLocal(file);
  const text = read && addServerNames(read.content.toString('utf8'), names);
  if (!text)
    throw new UserError({
      exitCode: exit.invalid,
      doing: `Writing ${file}`,
      why: 'server.names is written in a way that fl-wizard does not change',
      hint: `add them by hand: ${names.join(', ')}`,
    });
  const { parseNetwork } = await import('../network/read.ts');
  const network = parseNetwork(text, file);
  await writeLocal(file, text, read.mode);
  return network;
}

async function allSteps(call: Call, monitorOnly: boolean): Promise<ExitCode> {
  const project = await readProject(call);
  const { directory, network } = project;
  // Once it is signed, another name would make it invalid: that is for whoever wants it to say.
  const signed = await readLocal(pairOf(placesOf(directory, network), 'server').certificate);
  const { exitCode } = await session(call, {
    title: network.name,
    directory,
    network,
    steps: monitorOnly ? steps.filter(({ id }) => id === 'monitor') : steps,
    autopilot: false,
    stay: true,
    ...(signed ? {} : { addNames: (names) => addNames(project, names) }),
  });
  return exitCode;
}
