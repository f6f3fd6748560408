/** Where the hosts of a network are, after ~/.ssh/config; and that no two of them are one. */
import { type Member, members, type Network } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import { Breath } from '../plan/turns.ts';
import { readSshConfig, type SshConfig } from '../ssh/config-file.ts';
import { resolveTarget, type SshEntry, type Target } from '../ssh/host.ts';
import { serverKey } from '../ssh/same-host.ts';

export type TargetOptions = {
  /** The operator's home folder. */
  readonly home: string;
  readonly user: string;
  /** For what ~/.ssh/config mentions of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
};

export class Targets {
  readonly #options: TargetOptions;
  readonly #known = new Map<Member, Promise<Target>>();
  #config: Promise<SshConfig | undefined> | undefined;

  constructor(options: TargetOptions) {
    this.#options = options;
  }

  /** Where and as whom this host is logged in to. @throws UserError (2) */
  of(member: Member): Promise<Target> {
    const target = this.#known.get(member) ?? this.#read().then((config) => this.#resolve(member, config));
    this.#known.set(member, target);
    return target;
  }

  /** @throws UserError (2) naming the keys of all hosts that are one SSH server */
  async mustDiffer(network: Network): Promise<void> {
    const config = await this.#read();
    const holders = new Map<string, string>();
    const clashes: string[] = [];
    const breath = new Breath();
    for (const [index, member] of members(network).entries()) {
      await breath.take();
      const target = this.#resolved(member, config);
      if (!target) continue;
      const key = serverKey(target);
      const place = index === 0 ? 'server' : `clients[${index - 1}]`;
      const name = `${place}.ssh.host (${member.ssh.host})`;
      const holder = holders.get(key);
      if (holder === undefined) holders.set(key, name);
      else clashes.push(`${holder} and ${name} are the same SSH server: ${target.address}, port ${target.port}`);
    }
    if (clashes.length > 0) throw clash(clashes);
  }

  #read(): Promise<SshConfig | undefined> {
    this.#config ??= readSshConfig(this.#options.home);
    return this.#config;
  }

  #resolve(member: Member, config: SshConfig | undefined): Target {
    const { home, user, env } = this.#options;
    return resolveTarget(entryOf(member), { home, config, defaultUser: user, env });
  }

  /** One that can't be resolved says so when it is its turn, and is no obstacle for the others. */
  #resolved(member: Member, config: SshConfig | undefined): Target | undefined {
    try {
      return this.#resolve(member, config);
    } catch (error) {
      if (error instanceof UserError) return undefined;
      throw error;
    }
  }
}

function clash(clashes: readonly string[]): UserError {
  return new UserError({
    exitCode: exit.invalid,
    doing: 'Comparing the hosts of fl-network.yaml',
    why: clashes.join('\n  '),
    hint: 'one host has one role: name another host or ssh.port; ssh -G NAME shows what ~/.ssh/config makes of a name',
  });
}

function entryOf({ ssh }: Member): SshEntry {
  return {
    host: ssh.host,
    ...(ssh.user === undefined ? {} : { user: ssh.user }),
    ...(ssh.port === undefined ? {} : { port: ssh.port }),
    ...(ssh.identityFile === undefined ? {} : { identityFile: ssh.identityFile }),
    ...(ssh.proxyJump === undefined ? {} : { proxyJump: ssh.proxyJump }),
    ...(ssh.hostKey === undefined ? {} : { hostKey: ssh.hostKey.replace(/=$/, '') }),
  };
}
