/**
 * argv → exit code. With start.ts, which answers for `--help` and `--version`, the only file that touches `process`. Nothing
 * heavy is loaded before a command needs it.
 */
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Call, Common, Io } from './commands/context.ts';
import type { Format } from './commands/report-wish.ts';
import type { Template } from './commands/templates.ts';
import { examples, monitorNotes, reportNotes, sshNotes } from './help-notes.ts';
import { type ExitCode, exit, type Failure, UserError } from './plan/failure.ts';
import { nearest } from './plan/nearest.ts';
import { Secret } from './plan/secret.ts';
import type { Options } from './plan/step.ts';
import { caPassphraseFile, stepInputs } from './steps/inputs.ts';
import { inert } from './ui/inert.ts';

/** Hosts at once where `--parallel` is not given. */
const defaultParallel = 16;

/** The version of package.json, beside the bundle's folder or above the sources. */
function version(): string {
  const own = dirname(fileURLToPath(import.meta.url));
  const text = readFileSync(join(own, '..', 'package.json'), 'utf8');
  const value: unknown = JSON.parse(text);
  return value && typeof value === 'object' && 'version' in value ? String(value.version) : '0.0.0';
}

const controller = new AbortController();
// Each host listens to it; beyond ten, Node would warn of a leak.
setMaxListeners(0, controller.signal);

/** The first signal ends in order, the second at once. Where a terminal is closed, its shell and the kernel both say so. */
function interrupt(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP'): void {
  if (signal === 'SIGHUP' && controller.signal.reason === signal) return;
  if (controller.signal.aborted) process.exit(signalCode(signal));
  controller.abort(signal);
}

function signalCode(signal: unknown): ExitCode {
  return signal === 'SIGTERM' ? 143 : signal === 'SIGHUP' ? 129 : 130;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's uid may have no entry in passwd.
    return process.env.USER ?? 'operator';
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Read once, and gone before any child or thread could inherit it. */
function takeSecrets(): Pick<Io, 'caPassphrase' | 'sudoPassword'> {
  const { FL_WIZARD_CA_PASSPHRASE: passphrase, FL_WIZARD_SUDO_PASSWORD: password } = process.env;
  delete process.env.FL_WIZARD_CA_PASSPHRASE;
  delete process.env.FL_WIZARD_SUDO_PASSWORD;
  return {
    ...(passphrase ? { caPassphrase: new Secret(passphrase) } : {}),
    ...(password ? { sudoPassword: new Secret(password) } : {}),
  };
}

let secrets: Pick<Io, 'caPassphrase' | 'sudoPassword'> = {};

function ioOf(): Io {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    home: process.env.HOME ?? homedir(),
    user: userName(),
    ...secrets,
    processes: { pid: process.pid, alive },
    signal: controller.signal,
    interrupt: () => interrupt('SIGINT'),
  };
}

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000)
    throw new InvalidArgumentError('It must be a whole number from 1 to 1,000,000.');
  return value;
}

function names(text: string, before: readonly string[] | undefined): readonly string[] {
  const named = text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  // An empty variable in somebody's script: nobody is meant, and never everybody.
  if (named.length === 0) throw new InvalidArgumentError('It names no host.');
  return [...(before ?? []), ...named];
}

const commonKeys = [
  'directory',
  'file',
  'yes',
  'dryRun',
  'showCommands',
  'json',
  'only',
  'limit',
  'parallel',
  'acceptNewHostKeys',
  'sudoPasswordFile',
  'plain',
  'color',
  'verbose',
];

/** What was typed, taken apart into what every command takes and the rest. */
function callOf(command: Command, name: string): Call & { readonly rest: Readonly<Record<string, unknown>> } {
  const all: Record<string, unknown> = command.optsWithGlobals();
  const common = { ...all, only: all.only ?? all.limit } as unknown as Common;
  const rest = Object.fromEntries(Object.entries(all).filter(([key]) => !commonKeys.includes(key)));
  return { command: name, common, options: rest as Options, version: version(), io: ioOf(), rest };
}

/** Ends with an exit code of ours; `ssh` passes on that of what it ran. */
type Work = (call: Call & { rest: Readonly<Record<string, unknown>> }, words: readonly string[]) => Promise<number>;

let exitCode: number = exit.done;

function add(program: Command, group: string, name: string, summary: string, work: Work): Command {
  return program
    .command(name)
    .helpGroup(group)
    .allowExcessArguments(false)
    .summary(summary)
    .description(summary)
    .action(async (...given: unknown[]) => {
      const command = given.at(-1);
      if (!(command instanceof Command)) throw new Error('commander gave no command');
      exitCode = await work(callOf(command, command.name()), command.args);
    });
}

/** All commands and what they take. */
export function program(): Command {
  const root = new Command('fl-wizard')
    .usage('[command] [options]')
    .description('Federated learning with Flower: certificates, hosts, launch, proof and a live round table.')
    .helpOption('-h, --help', 'this help')
    .helpCommand(false)
    .version(version(), '--version', 'the version')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeErr: (text) => void process.stderr.write(text) })
    .option('-C, --directory <dir>', 'project folder (default: the current one)')
    .option('-f, --file <file>', 'network file (default: DIR/fl-network.yaml)')
    .option('-y, --yes', 'approve every plan, except one that makes deployed certificates invalid')
    .option('--dry-run', 'print the plan, do nothing')
    .option('--show-commands', 'print the equivalent openssl, ssh and scp lines')
    .option('--json', 'one event a line on stdout')
    .option('--only <names>', 'these hosts only, comma-separated', names)
    .addOption(new Option('--limit <names>').argParser(names).hideHelp())
    .option('--parallel <n>', 'hosts at once', whole, defaultParallel)
    .option('--accept-new-host-keys', 'trust and record a host key seen for the first time')
    .option('--sudo-password-file <file>', "sudo's password on the hosts (also FL_WIZARD_SUDO_PASSWORD)")
    .option('--plain', 'line by line, for screen readers and simple terminals')
    .option('--no-color', 'no colors (also NO_COLOR)')
    .option('-v, --verbose', 'more detail where something fails')
    .allowExcessArguments(true)
    .action(async () => {
      const [unknown] = root.args;
      if (unknown !== undefined) throw unknownCommand(root, unknown);
      exitCode = await (await import('./commands/wizard.ts')).wizard(callOf(root, 'wizard'));
    });
  startCommands(root);
  stepCommands(root);
  runCommands(root);
  preparationCommands(root);
  certificateCommands(root);
  root.addHelpText('after', examples);
  return root;
}

function unknownCommand(above: Command, word: string): UserError {
  const before = above.parent ? `${above.name()} ` : '';
  const meant = nearest(
    word,
    above.commands.map((each) => each.name()),
  );
  const lists = `fl-wizard ${before}--help lists them`;
  return new UserError({
    exitCode: exit.invalid,
    doing: 'Reading the command line',
    why: `there is no command ${JSON.stringify(before + word)}`,
    hint: meant ? `fl-wizard ${before}${meant}, if that was meant; ${lists}` : lists,
  });
}

function startCommands(root: Command): void {
  add(root, 'Start:', 'up', 'steps 1 to 8 in order (--dry-run is the plan of all)', async (call) =>
    (await import('./commands/steps.ts')).up(call),
  )
    .option('-d, --detach', 'return once it is proved and running')
    .option('--wheelhouse <dir>', 'install from these wheels, ask no package index')
    .option('--allow-reissue', 'approve that certificates in use become invalid')
    .option(caPassphraseFile.flag, caPassphraseFile.description);
  add(root, 'Start:', 'demo', 'the whole job on this machine: SSH hosts, certificates, Flower', async (call) =>
    (await import('./commands/demo.ts')).demo(call, call.rest),
  )
    .option('--clients <n>', 'how many clients', whole, 2)
    .option('--rounds <n>', 'how many rounds (3; with --app as many as its script says)', whole)
    .option('--keep', 'keep the project folder')
    .option('--app <dir>', 'your own app: server.py and client.py, or a Flower app folder');
  add(root, 'Start:', 'init', 'writes fl-network.yaml, app/ and a .gitignore', async (call) =>
    (await import('./commands/init.ts')).init(call, call.rest),
  )
    .option('--name <name>', 'name of the network')
    .option('--address <address>', "what clients dial: the server's DNS name or IP")
    .option('--names <names>', 'further names and IPs of the server, comma-separated', names)
    .option('--server <login>', "the server's SSH login: [user@]host[:port]")
    .option(
      '--client <client>',
      'NAME=[user@]host[:port], or a Host of ~/.ssh/config (also hosp-*); once for each',
      names,
    )
    .option('--identity-file <file>', 'private key for the logins')
    .option('--from-answers <file>', 'all of these from a file, YAML or JSON; a flag says more')
    .option('--app <dir>', 'your own app, copied to app/: server.py and client.py, or a Flower app folder')
    .addOption(
      new Option('--template <name>', 'the app to start from (numpy)').choices([
        'numpy',
        'torch',
        'sklearn',
        'tutorial',
      ] satisfies Template[]),
    )
    .option('--schema', 'print the JSON Schema of fl-network.yaml');
}

function stepCommands(root: Command): void {
  for (const { id, summary, inputs } of stepInputs) {
    const command = add(root, 'Steps:', id, summary, async (call) =>
      (await import('./commands/steps.ts')).step(call, id),
    );
    for (const { flag, description, kind } of inputs)
      if (kind === 'number') command.option(flag, description, whole);
      else command.option(flag, description);
    if (id === 'monitor') command.addHelpText('after', monitorNotes);
  }
}

function runCommands(root: Command): void {
  add(root, 'Run:', 'status', 'what runs where', async (call, words) =>
    (await import('./commands/status.ts')).status(call, words),
  ).argument('[name]', "server or a client's name");
  add(root, 'Run:', 'logs', "the last lines of each host's log", async (call, words) =>
    (await import('./commands/status.ts')).logs(
      call,
      words,
      call.rest.follow === true,
      call.rest.since as string | undefined,
    ),
  )
    .argument('[name]', "server or a client's name")
    .option('--follow', 'and those that come, of all hosts in one stream, until Ctrl-C')
    .option('--since <time>', 'all that was printed since then: 10m, 2h, or 2026-11-23 22:10');
  add(root, 'Run:', 'stop', 'ends the processes; launch starts them again', async (call, words) =>
    (await import('./commands/end.ts')).stop(call, words),
  ).argument('[name]', "server or a client's name");
  add(root, 'Run:', 'restart', 'ends the processes and starts them again; a run goes on', async (call, words) =>
    (await import('./commands/end.ts')).restart(call, words),
  ).argument('[name]', "server or a client's name");
  add(root, 'Run:', 'down', 'ends the processes on all hosts', async (call) =>
    (await import('./commands/end.ts')).down(call, call.rest.purge === true),
  ).option('--purge', 'remove everything that was placed on the hosts: keys, weights, environment');
  add(root, 'Run:', 'ssh', "the system's ssh to a host, as fl-wizard reaches it", async (call, words) =>
    (await import('./commands/ssh.ts')).ssh(call, words, call.rest.tty === true),
  )
    .argument('<name>', "server or a client's name")
    .argument('[command...]', 'behind --: what to run there instead of a shell')
    .option('-t, --tty', 'a terminal for the command (top, sudo, an editor), as ssh -t')
    .addHelpText('after', sshNotes);
  add(root, 'Run:', 'runs', 'lists the runs', async (call) => (await import('./commands/runs.ts')).runs(call));
  add(root, 'Run:', 'pull', "fetches a run's weights, metrics and configuration", async (call, words) =>
    (await import('./commands/pull.ts')).pull(call, words, call.rest),
  )
    .argument('[run]', 'its number (default: the newest)')
    .option('--round <n|last|best>', 'whose weights: best has the lowest loss, or else the highest accuracy', 'last')
    .option('--output <dir>', 'where to (default: runs/RUN in the project folder)');
  add(root, 'Run:', 'report', 'a run as one page for people, or as CSV or JSON', async (call, words) =>
    (await import('./commands/report.ts')).report(call, words, call.rest),
  )
    .argument('[run]', 'its number (default: the newest)')
    .addOption(
      new Option('--format <format>', 'html: a page; csv: a row for each round; json: all that is known').choices([
        'html',
        'csv',
        'json',
      ] satisfies Format[]),
    )
    .option('--output <file>', 'where to; its ending can say the format')
    .addHelpText('after', reportNotes);
}

function preparationCommands(root: Command): void {
  add(
    root,
    'Run:',
    'wheels',
    'gathers the wheels that the hosts need, for hosts without a package index',
    async (call) => (await import('./commands/wheels.ts')).wheels(call, call.rest),
  ).option('--output <dir>', 'where they are kept (default: wheels in the project folder)');
}

function certificateCommands(root: Command): void {
  const listed = (command: Command) =>
    command
      .option('--within <span>', 'only what ends by then (30d, 12h, 4w), and exit 6 if anything does')
      .option('--all', 'also what was replaced, and the probes');
  const work: Work = async (call, [word]) => {
    if (word !== undefined) throw unknownCommand(cert, word);
    return (await import('./commands/cert.ts')).list(call, call.rest);
  };
  const cert = listed(add(root, 'Certificates:', 'cert', 'lists the certificates: names, dates, days left', work));
  cert.allowExcessArguments(true);
  listed(add(cert, 'Certificates:', 'list', 'the same as cert alone', work));
  add(cert, 'Certificates:', 'show', 'looks closely at one', async (call, words) =>
    (await import('./commands/cert.ts')).show(call, words),
  ).argument('<name|file>', "ca, server, operator, a client's name, or a file");
}

/** A failure as it is read above a prompt. */
function words(failure: Failure): string {
  const where = failure.host && !failure.doing.includes(failure.host) ? ` (${failure.host})` : '';
  // A list of what is wrong has lines of its own; what hosts say is made inert line by line.
  const lines = [
    `${failure.doing}${where} failed.`,
    `  Why  ${failure.why}`,
    ...(failure.hint ? [`  Try  ${failure.hint}`] : []),
  ];
  return `${lines
    .flatMap((line) => line.split('\n'))
    .map((line) => inert(line))
    .join('\n')}\n`;
}

function report(error: unknown): ExitCode {
  // Help, version and usage errors have been printed by commander itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exit.done : exit.invalid;
  if (error instanceof UserError) {
    process.stderr.write(words(error.failure));
    return error.failure.exitCode;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`This is a bug in fl-wizard ${version()}; please report it with what follows.\n${stack}\n`);
  return exit.bug;
}

/** The end of what was asked for, printed only after all of it left. */
async function flushed(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return;
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
}

/** The program, from what was typed to the end of the process. */
export async function main(): Promise<void> {
  secrets = takeSecrets();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupt(signal));
  // A reader that went away (`| head -1`) is no error; what did not reach its file is one.
  let unwritten: Error | undefined;
  const failed = (error: Error) => {
    if (!('code' in error) || error.code !== 'EPIPE') unwritten ??= error;
  };
  for (const stream of [process.stdout, process.stderr]) stream.on('error', failed);
  try {
    await program().parseAsync(process.argv);
  } catch (error) {
    exitCode = controller.signal.aborted ? signalCode(controller.signal.reason) : report(error);
  }
  if (controller.signal.aborted) exitCode = signalCode(controller.signal.reason);
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // Errors of a stream come a turn later.
  await new Promise((resolve) => setImmediate(resolve));
  if (unwritten) {
    const why = `not all of it could be written (${unwritten.message})`;
    exitCode = report(new UserError({ exitCode: exit.local, doing: 'Printing', why, hint: 'free some space' }));
  }
  process.exit(exitCode);
}
