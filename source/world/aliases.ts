/** The Hosts of ~/.ssh/config that can be dialed by their names. */
import { readSshConfig, type SshConfig } from '../ssh/config-file.ts';

/** Those of the operator's ~/.ssh/config; none where it can't be read. */
export async function aliasesIn(home: string): Promise<readonly string[]> {
  // Of a file that ssh would refuse, too, the logins will tell.
  const config = await readSshConfig(home).catch(() => undefined);
  return [...new Set(config ? hostNames(config) : [])];
}

/** Those without a pattern: they can be dialed by that name. */
export function hostNames(config: SshConfig): readonly string[] {
  return config.flatMap(({ keyword, words, included }) => [
    ...(keyword === 'host' ? words.filter((word) => !/[*?!]/.test(word)) : []),
    ...included.flatMap(hostNames),
  ]);
}
