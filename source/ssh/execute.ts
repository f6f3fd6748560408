import type { Client, ClientChannel } from 'ssh2';
import { exit, UserError } from '../plan/failure.ts';
import { quote } from './commands.ts';
import { capture } from './output.ts';
import { answerPrompts, type Prompted, withoutPrompts } from './prompted.ts';
import { plain } from './said.ts';

/** How to run a command. */
export type RunOptions = {
  /** What the command reads; without it, its stdin is empty. */
  readonly input?: Buffer | string;
  /** Called for every line as it comes, without its end. */
  onLine?(line: string, stream: 'stdout' | 'stderr'): void;
  readonly signal?: AbortSignal;
  /** The command asks for a secret first; it reads `input` behind the first answer. */
  readonly prompted?: Prompted;
  /**
   * Bytes to keep of each stream, default 16 MB. More is an error, since half an answer is none; with `onLine`, which
   * has seen it all, the rest is just not kept.
   */
  readonly limit?: number;
};

/** How a command ended by itself. */
export type RunResult = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** The connection that a command runs over. */
export type Line = { readonly client: Client; readonly name: string; lost(): string | undefined };

const defaultLimit = 16 * 1024 * 1024;

/**
 * Runs a command and waits for its end.
 * @throws UserError: exit 4 where the connection was lost, exit 5 where a signal ended the command or it printed more
 *   than the limit; the reason of `options.signal`
 */
export async function execute(line: Line, words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { onLine, signal } = options;
  signal?.throwIfAborted();
  const { channel, ended } = await startCommand(line, words);
  const limit = options.limit ?? defaultLimit;
  const stopper = new AbortController();
  const overflow = onLine
    ? undefined
    : () => stopper.abort(failed(line, words, `it printed more than ${kilobytes(limit)}`));
  const stdout = capture(channel, limit, { line: onLine && ((text) => onLine(text, 'stdout')), overflow });
  const stderr = capture(channel.stderr, limit, { line: onLine && ((text) => onLine(text, 'stderr')), overflow });
  const feed = () => channel.end(options.input ?? '');
  if (options.prompted) answerPrompts(channel, options.prompted, options.input === undefined ? () => undefined : feed);
  else feed();
  const end = await unlessStopped(channel, ended, signal ? [signal, stopper.signal] : [stopper.signal]);
  if (end.code === undefined) throw unfinished(line, words, end.signal);
  const said = stderr.text();
  const own = options.prompted ? withoutPrompts(said, options.prompted) : said;
  return { code: end.code, stdout: stdout.text(), stderr: own };
}

const kilobytes = (bytes: number) => `${Math.round(bytes / 1024)} kB`;

/** How a command ended; both undefined where the channel was closed without a word of it. */
type End = { readonly code: number | undefined; readonly signal: string | undefined };

/**
 * Waits for the end, or stops the command and throws the reason of the signal that came first. It doesn't wait for
 * the stopped command: sshd closes the channel no earlier than it ends, and passes no signal on to a login as root.
 */
async function unlessStopped(channel: ClientChannel, ended: Promise<End>, signals: AbortSignal[]): Promise<End> {
  const either = AbortSignal.any(signals);
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      channel.signal('TERM');
      channel.close();
      reject(either.reason);
    };
  });
  either.addEventListener('abort', stop);
  // It may have come while the command was started.
  if (either.aborted) stop();
  try {
    return await Promise.race([ended, stopped]);
  } finally {
    either.removeEventListener('abort', stop);
  }
}

/** A command under way. */
export type StartedCommand = { readonly channel: ClientChannel; readonly ended: Promise<End> };

/**
 * Starts a command; the channel is its stdin and stdout.
 * @throws UserError: exit 4 where the connection is lost, exit 5 where the host opens no further channel
 */
export function startCommand(line: Line, words: readonly string[]): Promise<StartedCommand> {
  return new Promise((resolve, reject) => {
    const refused = (error: Error) => {
      if (line.lost() !== undefined || error.message === 'Not connected') reject(unfinished(line, words, undefined));
      else reject(failed(line, words, `the host did not start it: ${plain(error.message)}`));
    };
    try {
      line.client.exec(quote(words), (error, channel) => {
        if (error) refused(error);
        // Listened to at once: the end of a short command comes in the same packet as its start.
        else resolve({ channel, ended: ended(channel) });
      });
    } catch (error) {
      // ssh2 throws where the connection is already gone.
      refused(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function ended(channel: ClientChannel): Promise<End> {
  return new Promise((resolve) => {
    let end: End = { code: undefined, signal: undefined };
    channel.on('exit', (code: number | null, signal?: string) => {
      end = { code: code ?? undefined, signal };
    });
    // The close of the channel can overtake the last of stderr.
    channel.on('close', () => {
      if (channel.stderr.readableEnded) resolve(end);
      else channel.stderr.once('end', () => resolve(end));
    });
  });
}

function unfinished(line: Line, words: readonly string[], signal: string | undefined): UserError {
  if (signal !== undefined) {
    const hint = signal === 'SIGKILL' ? 'often the host ran out of memory: see dmesg there' : undefined;
    return failed(line, words, `it was ended by ${signal}`, hint);
  }
  const lost = line.lost();
  if (lost === undefined) return failed(line, words, 'the host closed it without saying how it ended');
  return new UserError({
    exitCode: exit.connection,
    host: line.name,
    doing: `Running ${shown(words)} on ${line.name}`,
    why: `the connection was lost: ${lost}`,
    hint: 'run it again: what is done already is left alone',
  });
}

function failed(line: Line, words: readonly string[], why: string, hint?: string): UserError {
  return new UserError({
    exitCode: exit.remote,
    host: line.name,
    doing: `Running ${shown(words)} on ${line.name}`,
    why,
    ...(hint && { hint }),
  });
}

/** Enough of a command to know it by: a script in it would fill the screen. */
function shown(words: readonly string[]): string {
  const line = plain(quote(words));
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
