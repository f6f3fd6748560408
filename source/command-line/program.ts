/** The program as commander knows it: what every command takes, and how one is begun. */
import { Command, Option } from 'commander';
import type { Call, Common, Io } from '../commands/context.ts';
import { examples } from '../help-notes.ts';
import type { Failure } from '../plan/failure.ts';
import type { Options } from '../plan/step.ts';
import { addCommands } from './commands.ts';
import { unknownCommand } from './unknown.ts';
import { names, noting, whole } from './values.ts';

/** Hosts at once where `--parallel` is not given. */
const defaultParallel = 16;

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

type Typed = Call & { readonly rest: Readonly<Record<string, unknown>> };

/** Ends with an exit code of ours; `ssh` passes on that of what it ran. */
export type Work = (call: Typed, words: readonly string[]) => Promise<number>;

/** Adds a command to the program, or to one of its commands. */
export type Add = (group: string, name: string, summary: string, work: Work, above?: Command) => Command;

/** How the process is reached, and its end told. */
export type Process = {
  readonly version: string;
  io(): Io;
  ended(code: number): void;
};

/** All commands and what they take. */
export function programOf(process: Process): Command {
  const wrong: Failure[] = [];
  const begun = async (work: Work, command: Command, name: string) => {
    const call = await ready(callOf(process, command, name), wrong);
    process.ended(await work(call, command.args));
  };
  const root = rootOf(process.version);
  root.action(async () => {
    const [unknown] = root.args;
    if (unknown !== undefined) throw unknownCommand(root, unknown);
    await begun(async (call) => (await import('../commands/wizard.ts')).wizard(call), root, 'wizard');
  });
  addCommands((group, name, summary, work, above = root) =>
    above
      .command(name)
      .helpGroup(group)
      .allowExcessArguments(false)
      .summary(summary)
      .description(summary)
      .action(async (...given: unknown[]) => {
        const command = given.at(-1);
        if (!(command instanceof Command)) throw new Error('commander gave no command');
        await begun(work, command, command.name());
      }),
  );
  noting(root, (failure) => wrong.push(failure));
  root.addHelpText('after', examples);
  return root;
}

/** What was typed, taken apart into what every command takes and the rest. */
function callOf(process: Process, command: Command, name: string): Typed {
  const all: Record<string, unknown> = command.optsWithGlobals();
  const only = all.only ?? all.limit;
  // Of a value that is none commander makes an empty text.
  const common = { ...all, only: Array.isArray(only) ? only : undefined } as unknown as Common;
  const rest = Object.fromEntries(Object.entries(all).filter(([key]) => !commonKeys.includes(key)));
  return { command: name, common, options: rest as Options, version: process.version, io: process.io(), rest };
}

/** Options that name a file to be read: it is looked at before anything is done. */
const files = ['sudoPasswordFile', 'caPassphraseFile', 'wheelhouse', 'importCa', 'initialWeights'];

/** @throws UserError with all that is wrong with what was typed */
async function ready(call: Typed, wrong: readonly Failure[]): Promise<Typed> {
  const named = files.some((name) => name in call.rest || name in call.common);
  return named || wrong.length > 0 ? (await import('../commands/given.ts')).given(call, wrong) : call;
}

function rootOf(version: string): Command {
  return (
    new Command('fl-wizard')
      .usage('[command] [options]')
      .description('Federated learning with Flower: certificates, hosts, launch, proof and a live round table.')
      .helpOption('-h, --help', 'this help')
      .helpCommand(false)
      .version(version, '--version', 'the version')
      .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
      .showSuggestionAfterError()
      .exitOverride()
      // What is wrong is told where all troubles are.
      .configureOutput({ outputError: () => undefined })
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
  );
}
