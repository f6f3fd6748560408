/** Each command with what it takes, in the groups of the help. What does its work is loaded when it is asked for. */
import { type Command, Option } from 'commander';
import type { Format } from '../commands/report-wish.ts';
import type { Template } from '../commands/templates.ts';
import { monitorNotes, reportNotes, sshNotes } from '../help-notes.ts';
import { caPassphraseFile, stepInputs } from '../steps/inputs.ts';
import type { Add, Work } from './program.ts';
import { unknownCommand } from './unknown.ts';
import { names, whole } from './values.ts';

export function addCommands(add: Add): void {
  startCommands(add);
  stepCommands(add);
  runCommands(add);
  preparationCommands(add);
  certificateCommands(add);
}

function startCommands(add: Add): void {
  add('Start:', 'up', 'steps 1 to 8 in order (--dry-run is the plan of all)', async (call) =>
    (await import('../commands/steps.ts')).up(call),
  )
    .option('-d, --detach', 'return once it is proved and running')
    .option('--wheelhouse <dir>', 'install from these wheels, ask no package index')
    .option('--allow-reissue', 'approve that certificates in use become invalid')
    .option(caPassphraseFile.flag, caPassphraseFile.description);
  add('Start:', 'demo', 'the whole job on this machine: SSH hosts, certificates, Flower', async (call) =>
    (await import('../commands/demo.ts')).demo(call, call.rest),
  )
    .option('--clients <n>', 'how many clients', whole, 2)
    .option('--rounds <n>', 'how many rounds (3; with --app as many as its script says)', whole)
    .option('--keep', 'keep the project folder')
    .option('--app <dir>', 'your own app: server.py and client.py, or a Flower app folder');
  add('Start:', 'init', 'writes fl-network.yaml, app/ and a .gitignore', async (call) =>
    (await import('../commands/init.ts')).init(call, call.rest),
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

function stepCommands(add: Add): void {
  for (const { id, summary, inputs } of stepInputs) {
    const command = add('Steps:', id, summary, async (call) => (await import('../commands/steps.ts')).step(call, id));
    for (const { flag, description, kind } of inputs)
      if (kind === 'number') command.option(flag, description, whole);
      else command.option(flag, description);
    if (id === 'monitor') command.addHelpText('after', monitorNotes);
  }
}

function runCommands(add: Add): void {
  add('Run:', 'status', 'what runs where', async (call, words) =>
    (await import('../commands/status.ts')).status(call, words),
  ).argument('[name]', "server or a client's name");
  add('Run:', 'logs', "the last lines of each host's log", async (call, words) =>
    (await import('../commands/status.ts')).logs(
      call,
      words,
      call.rest.follow === true,
      call.rest.since as string | undefined,
    ),
  )
    .argument('[name]', "server or a client's name")
    .option('--follow', 'and those that come, of all hosts in one stream, until Ctrl-C')
    .option('--since <time>', 'all that was printed since then: 10m, 2h, or 2026-11-23 22:10');
  add('Run:', 'stop', 'ends the processes; launch starts them again', async (call, words) =>
    (await import('../commands/end.ts')).stop(call, words),
  ).argument('[name]', "server or a client's name");
  add('Run:', 'restart', 'ends the processes and starts them again; a run goes on', async (call, words) =>
    (await import('../commands/end.ts')).restart(call, words),
  ).argument('[name]', "server or a client's name");
  add('Run:', 'down', 'ends the processes on all hosts', async (call) =>
    (await import('../commands/end.ts')).down(call, call.rest.purge === true),
  ).option('--purge', 'remove everything that was placed on the hosts: keys, weights, environment');
  add('Run:', 'ssh', "the system's ssh to a host, as fl-wizard reaches it", async (call, words) =>
    (await import('../commands/ssh.ts')).ssh(call, words, call.rest.tty === true),
  )
    .argument('<name>', "server or a client's name")
    .argument('[command...]', 'behind --: what to run there instead of a shell')
    .option('-t, --tty', 'a terminal for the command (top, sudo, an editor), as ssh -t')
    .addHelpText('after', sshNotes);
  add('Run:', 'runs', 'lists the runs', async (call) => (await import('../commands/runs.ts')).runs(call));
  add('Run:', 'pull', "fetches a run's weights, metrics and configuration", async (call, words) =>
    (await import('../commands/pull.ts')).pull(call, words, call.rest),
  )
    .argument('[run]', 'its number (default: the newest)')
    .option('--round <n|last|best>', 'whose weights: best has the lowest loss, or else the highest accuracy', 'last')
    .option('--output <dir>', 'where to (default: runs/RUN in the project folder)');
  add('Run:', 'report', 'a run as one page for people, or as CSV or JSON', async (call, words) =>
    (await import('../commands/report.ts')).report(call, words, call.rest),
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

function preparationCommands(add: Add): void {
  add('Run:', 'wheels', 'gathers the wheels that the hosts need, for hosts without a package index', async (call) =>
    (await import('../commands/wheels.ts')).wheels(call, call.rest),
  ).option('--output <dir>', 'where they are kept (default: wheels in the project folder)');
}

function certificateCommands(add: Add): void {
  const listed = (command: Command) =>
    command
      .option('--within <span>', 'only what ends by then (30d, 12h, 4w), and exit 6 if anything does')
      .option('--all', 'also what was replaced, and the probes');
  const work: Work = async (call, [word]) => {
    if (word !== undefined) throw unknownCommand(cert, word);
    return (await import('../commands/cert.ts')).list(call, call.rest);
  };
  const cert = listed(add('Certificates:', 'cert', 'lists the certificates: names, dates, days left', work));
  cert.allowExcessArguments(true);
  listed(add('Certificates:', 'list', 'the same as cert alone', work, cert));
  add(
    'Certificates:',
    'show',
    'looks closely at one',
    async (call, words) => (await import('../commands/cert.ts')).show(call, words),
    cert,
  ).argument('<name|file>', "ca, server, operator, a client's name, or a file");
}
