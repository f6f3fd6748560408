import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { ServerChannel } from 'ssh2';

/** Where a command runs. */
export type Surroundings = { readonly cwd: string; readonly environment: Readonly<Record<string, string>> };

/** A command whose channel was closed gets a TERM, and this many milliseconds later a KILL. */
const grace = 3000;

/** A command under way. */
export type RunningCommand = {
  /** Ends it and what it started in its process group; daemons of their own session live on. */
  stop(): void;
  /** Sends it a signal that the other side asked for, by its SSH name: `TERM`. Unknown ones do nothing. */
  signal(name: string): void;
};

/** Runs a command line as sshd does: by a shell, its streams on the channel, its exit status or signal reported. */
export function runCommand(
  channel: ServerChannel,
  command: string,
  { cwd, environment }: Surroundings,
): RunningCommand {
  // A process group of its own, so that all of it can be ended; env replaces ours, which holds the operator's agent.
  const child = spawn('/bin/sh', ['-c', command], { cwd, env: { ...environment }, detached: true });
  let running = true;
  const kill = (signal: NodeJS.Signals) => {
    if (running && child.pid) signalGroup(child.pid, signal);
  };
  const stop = () => {
    kill('SIGTERM');
    setTimeout(() => kill('SIGKILL'), grace).unref();
  };
  channel.pipe(child.stdin);
  // A command that doesn't read its input to the end breaks the pipe, which is its own affair.
  child.stdin.on('error', () => channel.resume());
  // What is still printed when the connection goes is an error of its own stream.
  for (const stream of [channel, channel.stderr]) stream.on('error', stop);
  channel.on('close', stop);
  // Where input is left that the command never read, ssh2 holds "close" back, but it always ends our side.
  channel.on('finish', stop);
  const written = forward(child.stdout, child.stderr, channel);
  child.on('error', () => {
    running = false;
    channel.exit(127);
    channel.end();
  });
  child.on('exit', (code, signal) => {
    running = false;
    if (signal === null) channel.exit(code ?? 1);
    else channel.exit(signal.replace(/^SIG/, ''), false, '');
  });
  // Only when nobody holds stdout or stderr any more, as sshd does.
  child.on('close', () => {
    void written.then(() => channel.end());
  });
  const signal = (name: string) => {
    const known = signalName(name);
    if (known) kill(known);
  };
  return { stop, signal };
}

/** What ssh2 remembers of a piece that waits for the window, and whom it tells when that is sent. */
const nothingWaits = { _chunk: undefined, _chunkcb: undefined, _chunkErr: undefined, _chunkcbErr: undefined };

/**
 * Copies a command's output to its channel, one piece at a time. When the window opens, ssh2 looks at what stdout has
 * waiting before it looks at stderr, and never forgets what it has sent: a piece of stderr would wait for good while
 * stdout is told a second time that its last one is through, by which Node ends the stream ("write after end"). So only
 * one of them may wait, and what has been sent is forgotten here.
 */
async function forward(
  stdout: NodeJS.ReadableStream,
  stderr: NodeJS.ReadableStream,
  channel: ServerChannel,
): Promise<void> {
  let turn: Promise<void> = Promise.resolve();
  const send = (chunk: Buffer, to: NodeJS.WritableStream) =>
    new Promise<void>((resolve) => {
      channel.once('close', resolve);
      to.write(chunk, () => {
        Object.assign(channel, nothingWaits);
        channel.off('close', resolve);
        resolve();
      });
    });
  const copy = async (from: NodeJS.ReadableStream, to: NodeJS.WritableStream) => {
    for await (const chunk of from) {
      turn = turn.then(() => send(chunk as Buffer, to));
      await turn;
    }
  };
  await Promise.allSettled([copy(stdout, channel), copy(stderr, channel.stderr)]);
}

/** The signal of an SSH name (RFC 4254, 6.10), where this system has it. */
function signalName(name: string): NodeJS.Signals | undefined {
  const full = `SIG${name}`;
  return full in constants.signals ? (full as NodeJS.Signals) : undefined;
}

/** Sends a signal to a process group; one that has ended already is fine. */
function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // ESRCH: it has just ended.
  }
}
