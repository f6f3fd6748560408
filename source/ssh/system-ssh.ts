import { quoteWord } from './commands.ts';
import type { Target } from './host.ts';

/** What `sshWords` can add beyond the target. */
export type SshWordsOptions = { readonly knownHostsFiles?: readonly string[] };

/**
 * The options of the system's ssh and scp for the same login, without the destination (see `destination`). Written
 * as `-o Port=` because scp means something else by `-p`.
 */
export function sshWords(target: Target, options: SshWordsOptions = {}): readonly string[] {
  const files = options.knownHostsFiles ?? [];
  return [
    ...(target.port === 22 ? [] : ['-o', `Port=${target.port}`]),
    ...target.identityFiles.flatMap(identityWords),
    ...(target.identitiesOnly ? ['-o', 'IdentitiesOnly=yes'] : []),
    ...(target.hostKeyAlias ? ['-o', `HostKeyAlias=${target.hostKeyAlias}`] : []),
    ...(files.length > 0 ? ['-o', `UserKnownHostsFile=${files.map(configPath).join(' ')}`] : []),
    ...jumpWords(target, options),
  ];
}

/** -i reads best, but takes no path in which a token of ssh_config(5) would have to be escaped. */
function identityWords(file: string): readonly string[] {
  return file.includes('%') ? ['-o', `IdentityFile=${configPath(file)}`] : ['-i', file];
}

/** A path as a value of ssh_config(5): in quotes for its spaces, % doubled as it starts a token. */
function configPath(file: string): string {
  return `"${file.replaceAll('%', '%%')}"`;
}

/** Where ssh is to go: `user@address`. */
export function destination(target: Target): string {
  return `${target.user}@${target.address}`;
}

/** A ProxyCommand rather than -J: ssh hands a jump host neither keys nor known hosts of the command line. */
function jumpWords(target: Target, options: SshWordsOptions): readonly string[] {
  const last = target.proxyJump.at(-1);
  if (!last) return [];
  const hop = { ...last, proxyJump: target.proxyJump.slice(0, -1) };
  const words = ['ssh', ...sshWords(hop, options), '-W', '[%h]:%p', destination(hop)];
  // In a ProxyCommand % starts a token; only the one of -W is meant as such.
  const command = words.map((word) => (word === '[%h]:%p' ? word : quoteWord(word).replaceAll('%', '%%'))).join(' ');
  return ['-o', `ProxyCommand=${command}`];
}
