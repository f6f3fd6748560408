/** No host is waited for without end. */
import { exit, UserError } from '../plan/failure.ts';

/** A look takes 20 s where a process there is slow to tell of itself, and 20 kB/s carry the program in two. */
const patience = 60_000;

/**
 * Does something that a host has to answer; a login script that takes the program for itself, or a disk that hangs,
 * would have it wait for ever. Questions to people have to be behind us.
 * @throws UserError (5) where the host doesn't answer; the reason of `signal`
 */
export async function inTime<T>(
  host: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const silent = new UserError({
    exitCode: exit.remote,
    host,
    doing: `Looking at ${host}`,
    why: `it took the question and did not answer for ${patience / 1000} s`,
    hint: `does a login script there (~/.bashrc) read or wait? Try: fl-wizard ssh ${host} -- python3 --version`,
  });
  const timer = setTimeout(() => late.abort(silent), patience);
  try {
    return await work(AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}
