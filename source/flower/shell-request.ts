/** A key that is made on its own host, as a line that a person would type: only the request comes back. Pure. */
import { requestConfiguration } from '../pki/request-configuration.ts';
import type { Action } from '../plan/action.ts';
import { quote } from '../ssh/commands.ts';
import type { Reach } from './shell.ts';

/**
 * @param newKey the line that makes the key there
 */
export function requestLines(
  { key, replace, issue, request }: Extract<Action, { kind: 'request-on-host' }>,
  reach: Reach,
  newKey: string,
): readonly string[] {
  const words = ['openssl', 'req', '-new', `-${issue.digest}`, '-key', key, '-config', '/dev/stdin'];
  const made = replace ? newKey : `[ -e ${quote([key])} ] || ${newKey}`;
  // Through a pipe: where ssh gives a socket for standard input, /dev/stdin can't be opened.
  const there = ['umask 077', made, `cat | ${quote(words)}`].join('; ');
  const line = `${quote(['ssh', ...reach.options, reach.destination, there])} > ${quote([request])}`;
  return [`${line} <<'END'\n${requestConfiguration({ ...issue, algorithm: issue.key.algorithm })}END`];
}
