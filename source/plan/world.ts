/** What the steps may ask of the world: to look, and to do one action. The real one is `source/world`. */
import type { RunFile, RunFolder } from '../flower/run-folder.ts';
import type { Unit } from '../flower/unit.ts';
import type { WheelFile } from '../flower/wheels.ts';
import type { Member, Network } from '../network/network.ts';
import type { Action } from './action.ts';
import type { Check, Event, ServerEvent } from './event.ts';
import type { Endpoint, HostFacts, HostVersions, Looks, ProcessLook, RunsFound, Usage } from './host-facts.ts';
import type { CaseName, Limit, Tried } from './proof.ts';
import type { Since } from './span.ts';
import type { AppSources, Survey, SurveyRequest, SyntaxFault } from './survey.ts';
import type { Ways } from './way.ts';
import type { Judged } from './wrong-server.ts';

/** A connection that is to be tried, through the SSH connection of `through`. */
export type Trial = { readonly which: CaseName; readonly through: Member; readonly limit?: Limit };

/** A file of a run that is here, and what became of it. `resumedAt`: bytes that lay here already from a copy that was cut. */
export type Brought = RunFile & {
  readonly path: string;
  readonly sha256: string;
  readonly outcome: 'changed' | 'unchanged';
  /** Nothing lay here under its name. */
  readonly isNew?: true;
  readonly resumedAt?: number;
};

export type BringOptions = {
  /** Where to; made where it is not there. */
  readonly folder: string;
  /** Only compare. */
  readonly dryRun: boolean;
  /** Whether the tables are made of the journal as well. */
  readonly metrics: boolean;
  /** How it goes on, in words. */
  line(text: string): void;
  /** Whether a line a second is not too much. */
  readonly often: boolean;
  readonly signal: AbortSignal;
};

/** What is wanted of a look at a host: the paths to be examined there. */
export type LookRequest = {
  readonly files: readonly string[];
  /** Folder name of the Python environment. */
  readonly environment: string;
  /** Where an interpreter is used as it is: what it has to hold. */
  readonly existing?: readonly string[];
  /** Path of the private key whose public half is wanted; then nothing is told of the file's content. */
  readonly publicKeyOf?: string;
};

export type LocalFile = { readonly content: Buffer; readonly mode: number };

/** What fl-wizard has placed on a host, and what lies beside it. */
export type Belongings = {
  readonly home: Left & {
    /** Bytes of what is ours. */
    readonly bytes: number;
  };
  readonly certificates: Left & {
    /** Whether the folder itself can be removed by root alone. */
    readonly sudo: boolean;
  };
  /** `users`: other homes that use it too, wherever they are. Absent where none of ours is linked, and nobody uses it. */
  readonly environment?: { readonly path: string; readonly bytes: number; readonly users: readonly string[] };
};

/** What could keep a process on a host. */
export type Services = {
  /** Version of the systemd that runs there, e.g. `252.39-1~deb12u2`. */
  readonly systemd?: string;
  /** How the one who logs in may act as root; `asks`: with sudo's password, which somebody here is asked for. */
  readonly root: 'login' | 'sudo' | 'asks' | 'no';
  readonly owner: string;
  readonly ownerHome: string;
  /** Whether the owner's own manager takes units that live without a login. */
  readonly user: boolean;
  /** Whether the owner's processes live without a login, or may be let by the owner. */
  readonly linger: 'on' | 'allowed' | 'no';
  /** The unit that is there. */
  readonly unit?: Unit & { readonly text: string };
};

/** Names in a folder: ours, and those of somebody else. */
type Left = { readonly exists: boolean; readonly names: readonly string[]; readonly others: readonly string[] };

/** A report from within an action. */
export type Report = {
  line(text: string): void;
  check(check: Check): void;
  event(event: ServerEvent): void;
};

/** @throws UserError (3) where the record can't be read */
export type RecordReader = {
  /** What was appended since the last time, at first all; of that only the lines that match, where it is asked for those. */
  next(only?: RegExp): AsyncIterable<Event>;
  /** Waits until something was, or until the signal. */
  grown(signal: AbortSignal): Promise<void>;
};

/** Of a step with something to do: its plan is there to be approved, it is being done, or all of it was done. */
export type StepState = 'asked' | 'doing' | 'done';

export type World = {
  /** The project folder, absolute. */
  readonly directory: string;
  now(): Date;
  /** Login name of the operator on this machine. */
  readonly user: string;
  /** Nothing will be done: what is not there yet is no failure. */
  readonly dryRun: boolean;
  /** Somebody sits at a terminal: may be asked, reads what is told, and can act on it while we wait. */
  readonly attended: boolean;
  /** Our version. */
  readonly version: string;
  /** A local file, or nothing where there is none. @throws UserError (3) */
  read(path: string): Promise<LocalFile | undefined>;
  /** The mode of what lies at a local path, or of what it links to; nothing where nothing is. */
  mode(path: string): Promise<number | undefined>;
  /** All files below a local folder, as paths relative to it, sorted. Nothing where there is no such folder. */
  list(folder: string): Promise<readonly string[] | undefined>;
  /** Bytes of the arrays in a local .npz. @throws UserError (2, 3) */
  weightsIn(path: string): Promise<number>;
  /** The wheels in a local folder. @throws UserError (2) where there are none */
  wheelhouse(folder: string): Promise<readonly WheelFile[]>;
  /** Absolute path of something that ships with us. */
  asset(...parts: readonly string[]): string;
  /** Looks at hosts, all at once; a second look in the same session costs nothing until the host was touched. */
  look(network: Network, hosts: readonly Member[], request: (member: Member) => LookRequest): Promise<Looks>;
  /** What a host has to offer beyond that; takes a second or two. @throws UserError (4, 5) */
  survey(member: Member, request: SurveyRequest, signal: AbortSignal): Promise<Survey>;
  /** What a host's Python can't read of an app; nothing is copied, run or written. @throws UserError (4, 5) */
  syntax(member: Member, sources: AppSources): Promise<SyntaxFault | undefined>;
  /**
   * Opens the Flower port on the server's host for some seconds, unless our own server listens there, and has each
   * client's host try the way to it.
   */
  tryWays(
    network: Network,
    clients: readonly Member[],
    running: Endpoint | undefined,
    signal: AbortSignal,
  ): Promise<Ways>;
  /** Hosts that were changed: the next look goes there again. */
  forget(names: readonly string[]): void;
  perform(action: Action, network: Network, report: Report, signal: AbortSignal): Promise<void>;
  /** A light look at a process: what its supervisor and it say of themselves. */
  state(network: Network, member: Member, signal: AbortSignal): Promise<ProcessLook>;
  /**
   * The same look for who only looks on, with what the process takes. Nobody is asked for a login, and nothing is noted.
   * @throws UserError (4, 5)
   */
  usage(network: Network, member: Member, signal: AbortSignal): Promise<Usage>;
  /** The absolute path of a host's `remote.home`, as the last look told it. */
  homeOf(network: Network, member: Member): Promise<string>;
  /** The events of a run after `sequence`, from the journal on the server's host. */
  journalOf(network: Network, run: string, after: number, signal: AbortSignal): Promise<readonly ServerEvent[]>;
  /** The runs on the server's host and what one of them has left: the newest where none is named. @throws UserError (4, 5) */
  findRun(network: Network, run: string | undefined, signal: AbortSignal): Promise<RunsFound>;
  /** Brings a run here, whole and compared by SHA-256, with the weights that are wanted. @throws UserError (2, 3, 4, 5) */
  bringRun(
    network: Network,
    found: RunFolder,
    weights: RunFile | undefined,
    options: BringOptions,
  ): Promise<readonly Brought[]>;
  /** How the system's own ssh gets to a host, and what it does with a host key that nobody knows: else it asks. */
  reach(
    member: Member,
    unknownKeys?: 'refuse' | 'accept',
  ): Promise<{ readonly options: readonly string[]; readonly destination: string }>;
  /** The texts of files on a host, by path; left out where there is none, or it is no text or longer than `longest` bytes. */
  readTexts(member: Member, paths: readonly string[], longest: number): Promise<Readonly<Record<string, string>>>;
  /** What could keep a host's process, and what does. @throws UserError (4, 5) */
  services(network: Network, member: Member): Promise<Services>;
  /** What we have placed on a host. @throws UserError (4, 5) */
  belongings(member: Member, paths: HostFacts['paths']): Promise<Belongings>;
  /**
   * The last lines of a host's log, or all since a time; with `follow` also those that come, until the signal.
   * @throws UserError (4, 5)
   */
  log(
    member: Member,
    options: {
      readonly follow: boolean;
      readonly since?: Since;
      /** For who only looks on: fewer lines at first, not all where too many come, and nobody is asked for a login. */
      readonly glance?: boolean;
      onLine(line: string): void;
    },
    signal: AbortSignal,
  ): Promise<void>;
  /** One try at the training port of the running server. @throws UserError (4, 5, 6) where it could not be made */
  probe(network: Network, trial: Trial, server: Endpoint): Promise<Tried>;
  /**
   * Whom a client takes for the server: the running one, the same under another name, and servers that are none. With a
   * member it is that client's own environment, else the one that we have ourselves.
   */
  judge(
    network: Network,
    client: Member | undefined,
    server: Endpoint,
    signal: AbortSignal,
  ): Promise<readonly Judged[]>;
  /** What a host's environment is made of. @throws UserError (4, 5) */
  versions(member: Member): Promise<HostVersions>;
  /** What we are made of. */
  readonly software: { readonly node: string; readonly openssl: string };
  /** The running server's events after `sequence`, and on, as they come together; ends when the server ends. */
  watch(network: Network, run: string, after: number, signal: AbortSignal): AsyncIterable<readonly ServerEvent[]>;
  /** Our own record of a run: `.fl-wizard/runs/<run>/events.jsonl`. */
  journal: {
    runs(): Promise<readonly string[]>;
    read(run: string): Promise<readonly Event[]>;
    /** As `read`, one by one: a run of days has more than memory should hold. */
    events(run: string): AsyncIterable<Event>;
    /** As `events`, and then on: others write to it, too. */
    reader(run: string): RecordReader;
    append(run: string, events: readonly Event[]): Promise<void>;
    /** Keeps a record that belongs to another run of the same number under another name. */
    setAside(run: string): Promise<void>;
  };
  /** Takes the project's lock. @throws UserError (7) naming the holder */
  lock(command: string): Promise<() => Promise<void>>;
  /**
   * Writes down how far a step is, for whoever comes after a process that was killed.
   * @param another whether what is asked is another run
   */
  note(step: string, state: StepState, another?: boolean): Promise<void>;
  /** Waits; ends early when the signal does. */
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};
