/** What a look at a host tells, and what its processes and runs do. */
import type { RunFolder } from '../flower/run-folder.ts';
import type { Unit } from '../flower/unit.ts';
import type { KeySpec } from './action.ts';
import type { ProcessSeen } from './event.ts';
import type { Failure } from './failure.ts';

/** A file or folder on a host, as it is (links are not followed). */
export type RemoteFile = {
  readonly mode: number;
  readonly owner: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** SHA-256 of the content, lower-case hex; files only. */
  readonly sha256?: string;
};

export type ProcessState = 'none' | 'starting' | 'running' | 'finished' | 'refused' | 'failed' | 'stopped';

/** Everything that any step wants to know of a host, from one look. */
export type HostFacts = {
  readonly os: string;
  readonly architecture: string;
  readonly user: string;
  /** Version of the Python that was asked for, e.g. `3.11.2`. */
  readonly python: string;
  /** The C library that wheels have to be made for, e.g. `glibc 2.36` or `musl 1.2.4`. */
  readonly libc: string;
  /** Whether an environment can be made: by this Python's venv module, or by uv. */
  readonly venv: boolean;
  /** Free bytes where the app and the Python environment go. */
  readonly diskFree: number;
  /** Which of the two has the least: the home, or the environment. */
  readonly diskAt?: string;
  /** The host's clock minus ours, seconds. */
  readonly clockOffset: number;
  readonly paths: {
    readonly home: string;
    readonly certificates: string;
    readonly environment: string;
    readonly policy: string;
  };
  /**
   * Whether the certificates' folder can be made only with sudo, and whether sudo works without a password,
   * or asks for one that can be had here. It is of no use where root would have to follow a path through a folder of somebody's.
   */
  readonly sudo: 'not needed' | 'works' | 'asks' | 'wants a password' | 'not allowed' | 'absent' | 'of no use';
  /** A parent of the certificates' folder that is a link or that others may write, if there is one. */
  readonly unsafeParent?: string;
  /** A folder that the home or the environment belongs into, and that may not be written to. */
  readonly barred?: { readonly path: string; readonly readOnly: boolean };
  /** Who listens on the Flower port: nobody, our own server, or somebody else (named). */
  readonly port: {
    readonly holder: 'nobody' | 'ours' | 'other';
    readonly name?: string;
    /** Another network of ours, whose process that is. */
    readonly network?: string;
    /** A port on which nobody listens, to be set instead. */
    readonly free?: number;
  };
  readonly environmentReady: boolean;
  /** Version of Flower in the environment of ours that lies there, whichever it is. */
  readonly flower?: string;
  /** Of an interpreter that is used as it is: where it is, and what it lacks. */
  readonly existing?: {
    readonly python: string;
    /** The script that starts it from a folder of ours. */
    readonly starter: string;
    readonly lacking: readonly { readonly wanted: string; readonly found?: string }[];
    /** Why it could not be looked into. */
    readonly trouble?: string;
  };
  /** Whether openssl is there: it makes the keys that are made on their hosts. */
  readonly openssl: boolean;
  /** The public half of the host's own private key, where it was asked for and can be read. */
  readonly publicKey?: {
    /** SHA-256 of the SubjectPublicKeyInfo (DER), lower-case hex. */
    readonly sha256: string;
    /** Left out for a kind that is not used here. */
    readonly kind?: KeySpec;
  };
  /** By absolute path; only what exists. */
  readonly files: Readonly<Record<string, RemoteFile>>;
  /** Names in the certificates' folder, and its own state. */
  readonly certificateFolder?: RemoteFile & { readonly names: readonly string[] };
  /** `settings` of a server that does not run any more: what its last run was started with. */
  readonly before?: string;
  /** Networks beside this one that have their certificates in the same folder. Absent where there are none. */
  readonly sharing?: readonly string[];
  /**
   * What an earlier deploy placed and nobody wants any more, by its name below the home: the digest that it had then, and
   * the one of now where it is a file. Absent where there is nothing of the kind.
   */
  readonly former?: Readonly<Record<string, { readonly placed: string; readonly found?: string }>>;
  readonly process: {
    readonly state: ProcessState;
    readonly pid?: number;
    readonly since?: string;
    readonly restarts?: number;
    /** Of its last end, also where it was started again since; the negative number of a signal that ended it. */
    readonly exitCode?: number;
    readonly detail?: string;
    /** The unit that keeps it, and the lines that its host could not do. Absent: a supervisor of ours. */
    readonly unit?: Unit & { readonly omitted: readonly string[] };
  };
  /** What the running server says of itself; `host` is where it is bound, empty for every address. */
  readonly server?: {
    readonly host?: string;
    readonly phase: string;
    readonly port: number;
    readonly monitorPort: number;
    readonly run: string;
    /** Digest of what it was started with (layout.ts). */
    readonly settings?: string;
    /** What it had to tell a person at its start: where fl-network.yaml wins over the script, say. */
    readonly notices?: readonly string[];
    /** Clients whose connection has ended, by name, with why and since when. One that hangs does not know it. */
    readonly lost?: Readonly<Record<string, { readonly detail?: string; readonly since?: string }>>;
  };
  readonly client?: { readonly state: string; readonly detail?: string; readonly settings?: string };
  /** Where in the user's code its process, or the last call of it, failed: lines of a Python traceback. */
  readonly trace?: readonly string[];
  readonly runs: readonly RunFacts[];
};

/** What a proof was made with, at a host. */
export type HostVersions = {
  readonly os: string;
  readonly architecture: string;
  readonly python: string;
  readonly openssl: string;
  readonly packages: Readonly<Record<string, string>>;
};

/** Where the training port is, on the server's host. */
export type Endpoint = Pick<NonNullable<HostFacts['server']>, 'host' | 'port'>;

export type ProcessLook = Pick<HostFacts, 'process'> & {
  readonly server?: HostFacts['server'];
  readonly client?: HostFacts['client'];
  readonly trace?: HostFacts['trace'];
};

/** A process as its host tells of it every few seconds, and what it takes of that host. */
export type Usage = {
  readonly process: HostFacts['process'];
  /** Of a process that lives, with all that it started. */
  readonly taken?: {
    /** Which one it is: a number that was given again is another. */
    readonly process: string;
    /** When that was, seconds by a clock of the host's that only goes forward. */
    readonly at: number;
    /** CPU seconds since its start. */
    readonly cpu: number;
    /** Bytes; what several of its processes share is counted for each. */
    readonly memory: number;
  };
  /** All of its host, whoever uses them. */
  readonly gpus: NonNullable<ProcessSeen['gpus']>;
};

export type RunFacts = {
  readonly run: string;
  readonly rounds: number;
  /** Rounds finished so far. */
  readonly done: number;
  readonly finished: boolean;
  /** Highest sequence number in its journal so far. */
  readonly last?: number;
  /** When it began: two runs of one number on hosts that were made anew differ by it. */
  readonly started?: string;
  /** When the last was told of it. */
  readonly until?: string;
  readonly outcome?: string;
  /** What there is to say about the outcome: why it failed. */
  readonly detail?: string;
};

/** The runs on the server's host, and the one that was asked for. */
export type RunsFound = { readonly runs: readonly string[]; readonly found?: RunFolder };

/** What was found at each host that was asked. */
export type Looks = Readonly<Record<string, { readonly facts: HostFacts } | { readonly failure: Failure }>>;
