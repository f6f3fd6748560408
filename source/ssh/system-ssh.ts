import { quoteWord } from './commands.ts';
import type { Target } from './target.ts';

/** What `sshWords` can add beyond the target. */
export type SshWordsOptions = {
  /** The known_hosts files for a host on the way; where they are left out, ssh's usual ones. */
  readonly knownHostsFiles?: (hop: Target) => readonly string[];
  /** What happens to a host key that nobody knows: refused, or written into the first of the files. Else ssh asks. */
  readonly unknownKeys?: 'refuse' | 'accept';
};

/**
 * The options of the system's ssh and scp for the same login, without the destination (see `destination`). Its own
 * configuration is left out, or another `Host` line there could apply to the address than to the alias. Written as
 * `-o Port=` because scp means something else by `-p`.
 */
export function sshWords(target: Target, options: SshWordsOptions = {}): readonly string[] {
  return [
    '-F',
    'none',
    ...(target.port === 22 ? [] : option('Port', target.port)),
    ...target.identityFiles.flatMap(identityWords),
    ...(target.certificateFiles ?? []).flatMap((file) => option('CertificateFile', configPath(file))),
    ...(target.identitiesOnly ? option('IdentitiesOnly', 'yes') : []),
    ...(target.identityAgent ? option('IdentityAgent', configPath(target.identityAgent)) : []),
    ...(target.addressFamily ? option('AddressFamily', target.addressFamily === 4 ? 'inet' : 'inet6') : []),
    ...(target.bindAddress ? option('BindAddress', target.bindAddress) : []),
    ...(target.connectTimeout ? option('ConnectTimeout', target.connectTimeout / 1000) : []),
    ...(target.hostKeyAlias ? option('HostKeyAlias', target.hostKeyAlias) : []),
    ...hostKeyWords(target, options),
    ...wayWords(target, options),
  ];
}

function option(name: string, value: string | number): readonly string[] {
  return ['-o', `${name}=${value}`];
}

/** -i reads best, but takes no path in which a token of ssh_config(5) would have to be escaped. */
function identityWords(file: string): readonly string[] {
  return file.includes('%') ? option('IdentityFile', configPath(file)) : ['-i', file];
}

/** A path as a value of ssh_config(5): in quotes for its spaces, % doubled as it starts a token. */
function configPath(file: string): string {
  return `"${file.replaceAll('%', '%%').replace(/["\\]/g, '\\$&')}"`;
}

/** Where ssh is to go: `user@address`. */
export function destination(target: Target): string {
  return `${target.user}@${target.address}`;
}

function hostKeyWords(target: Target, { knownHostsFiles, unknownKeys }: SshWordsOptions): readonly string[] {
  if (target.hostKey !== undefined) return pinWords(target.hostKey);
  const files = knownHostsFiles?.(target) ?? [];
  return [
    ...(files.length > 0 ? option('UserKnownHostsFile', files.map(configPath).join(' ')) : []),
    ...(target.globalKnownHostsFiles
      ? option('GlobalKnownHostsFile', target.globalKnownHostsFiles.map(configPath).join(' ') || 'none')
      : []),
    ...(unknownKeys ? option('StrictHostKeyChecking', unknownKeys === 'refuse' ? 'yes' : 'accept-new') : []),
  ];
}

/**
 * ssh has no option for a fingerprint: a command names the shown key as known where it is the pinned one (OpenSSH 8.5),
 * and no file counts. `-f`, since a name such as `[10.0.0.1]:2222` is a pattern to a shell.
 */
function pinWords(fingerprint: string): readonly string[] {
  const script = 'test $0 = $1 && echo $2 $3 $4; :';
  return [
    ...option('UserKnownHostsFile', '/dev/null'),
    ...option('GlobalKnownHostsFile', '/dev/null'),
    ...option('StrictHostKeyChecking', 'yes'),
    ...option('KnownHostsCommand', `/bin/sh -fc "${script}" %f ${fingerprint} %H %t %K`),
  ];
}

/** A ProxyCommand rather than -J: ssh hands a jump host neither keys nor known hosts of the command line. */
function wayWords(target: Target, options: SshWordsOptions): readonly string[] {
  const last = target.proxyJump.at(-1);
  // Expanded already: what stands there is meant as it stands.
  if (!last) return target.proxyCommand ? option('ProxyCommand', target.proxyCommand.replaceAll('%', '%%')) : [];
  const hop = { ...last, proxyJump: target.proxyJump.slice(0, -1) };
  const words = ['ssh', ...sshWords(hop, options), '-W', '[%h]:%p', destination(hop)];
  // In a ProxyCommand % starts a token; only the one of -W is meant as such.
  const command = words.map((word) => (word === '[%h]:%p' ? word : quoteWord(word).replaceAll('%', '%%'))).join(' ');
  return option('ProxyCommand', command);
}
