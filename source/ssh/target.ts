/** A host as it is dialed: nothing left to look up but its address. */
export type Target = {
  /** In small letters; an address in its usual spelling. */
  readonly address: string;
  readonly port: number;
  /** The port is said in ~/.ssh/config, and not in fl-network.yaml. */
  readonly portFromConfig?: true;
  readonly user: string;
  /** Absolute paths, in the order in which they are tried. They need not exist. */
  readonly identityFiles: readonly string[];
  /** Whether these files are all that may be tried; else also whatever the agent holds. */
  readonly identitiesOnly: boolean;
  /** Hops to go through, the nearest first; these have none of their own. */
  readonly proxyJump: readonly Target[];
  /** What makes the connection instead of us: a line for `/bin/sh -c`, nothing left to expand. First hop only. */
  readonly proxyCommand?: string;
  /** The name to look the host's key up by, instead of address and port. */
  readonly hostKeyAlias?: string;
  /** The only fingerprint to accept; wins over every known_hosts file. */
  readonly hostKey?: string;
  /** The user's and the machine's known_hosts files, where they are not the usual ones. */
  readonly userKnownHostsFiles?: readonly string[];
  readonly globalKnownHostsFiles?: readonly string[];
  /** The socket of the agent to ask instead of the usual one; `none` for no agent. */
  readonly identityAgent?: string;
  /** Certificates for the login. We can't show them; the system's ssh can. */
  readonly certificateFiles?: readonly string[];
  readonly addressFamily?: 4 | 6;
  readonly bindAddress?: string;
  /** Milliseconds. */
  readonly connectTimeout?: number;
};
