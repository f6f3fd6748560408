/** The system's own ssh to a host of the network, with what we resolved for it. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { headlessOperator } from '../headless/operator.ts';
import { type Member, members } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import { quote } from '../ssh/commands.ts';
import { makeFolder } from '../world/files.ts';
import type { Call, Io } from './context.ts';
import { readProject } from './project.ts';
import { hostsMustDiffer, worldOf } from './session.ts';

/**
 * @param words the host's name, then a command
 * @returns what ssh ended with: the command's own code, 255 where ssh itself failed
 * @throws UserError (2) for an unknown name, (3) where there is no ssh
 */
export async function ssh(call: Call, [name = '', ...command]: readonly string[], tty: boolean): Promise<number> {
  const { directory, network, file } = await readProject(call);
  const member = memberOf(members(network), name, file);
  await hostsMustDiffer(call, network);
  const answers = { network, options: call.options, only: [] };
  const world = worldOf(call, { directory, network }, headlessOperator({ answers, yes: false }).ask);
  const accepts = call.common.acceptNewHostKeys === true;
  const reach = await world.reach(member, accepts ? 'accept' : 'refuse');
  await world.close();
  // Without a command ssh itself makes a terminal; each word arrives there as it was typed here.
  const asked = command.length === 0 ? [] : [quote(command)];
  const line = [...(tty ? ['-t'] : []), ...reach.options, reach.destination, ...asked];
  if (call.common.showCommands || call.common.dryRun) {
    call.io.stdout.write(`${quote(['ssh', ...line])}\n`);
    return exit.done;
  }
  // Where ssh is to write what it accepts; it makes no folder there.
  if (accepts) await makeFolder(join(directory, '.fl-wizard'), 0o700);
  return run(line, call.io);
}

function memberOf(all: readonly Member[], name: string, file: string): Member {
  const found = all.find((member) => member.name === name);
  if (found) return found;
  throw new UserError({
    exitCode: exit.invalid,
    doing: 'Looking for the host',
    why: `there is no ${JSON.stringify(name)} in ${file}`,
    hint: `it has ${all.map((member) => member.name).join(', ')}`,
  });
}

/** It has our stdin, stdout and stderr; Ctrl-C reaches it as it reaches us, other signals are passed on. */
function run(words: readonly string[], { signal }: Io): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh', words, { stdio: 'inherit' });
    const passOn = () => {
      if (signal.reason !== 'SIGINT') child.kill(signal.reason === 'SIGHUP' ? 'SIGHUP' : 'SIGTERM');
    };
    signal.addEventListener('abort', passOn, { once: true });
    child.once('error', (error) => reject(notStarted(error)));
    child.once('close', (code, ended) => resolve(code ?? 128 + (ended ? constants.signals[ended] : 0)));
  });
}

function notStarted(error: Error): UserError {
  const missing = 'code' in error && error.code === 'ENOENT';
  return new UserError({
    exitCode: exit.local,
    doing: 'Starting ssh',
    why: missing ? 'there is no program of that name on the PATH' : error.message,
    ...(missing ? { hint: 'install an OpenSSH client (Debian: apt-get install openssh-client)' } : {}),
  });
}
