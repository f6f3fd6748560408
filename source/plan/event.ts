/**
 * What happens, as plain JSON. `run()` yields these; Ink, plain lines and NDJSON read them. They are also what the
 * journals hold. Nothing secret ever enters one.
 */
import type { ExitCode, Failure } from './failure.ts';
import type { ProofCount } from './proof-count.ts';
import type { Proof } from './proven.ts';
import type { Standing } from './step.ts';

export type Outcome = 'changed' | 'unchanged' | 'declined' | 'failed';

/** Something that was looked at and judged. */
export type Check = {
  readonly name: string;
  readonly host?: string;
  /** `refused`: a connection that must be refused; `accepted`: one that must be let in; `state`: anything else. */
  readonly kind: 'accepted' | 'refused' | 'state';
  readonly ok: boolean;
  readonly detail: string;
  readonly hint?: string;
  /** As a failure has them. */
  readonly said?: readonly string[];
  readonly byHand?: string;
  readonly place?: Failure['place'];
};

export type ClientState =
  | 'starting'
  | 'connected'
  | 'training'
  | 'evaluating'
  | 'idle'
  | 'failed'
  | 'refused'
  | 'lost'
  /** No word of a server's: its host says that somebody stopped it. */
  | 'stopped'
  | 'restarting';

export type Tally = { readonly ok: number; readonly failed: number };

export type RoundFinished = {
  readonly type: 'round-finished';
  readonly round: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly fit: Tally;
  readonly evaluate: Tally;
  readonly loss?: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly bytes?: number;
  /** Name of the weights file in the run's folder. */
  readonly weights?: string;
  readonly failures?: readonly { readonly client: string; readonly phase: string; readonly reason: string }[];
  /** What was told of it and is no finite number: `loss`, and names of metrics. */
  readonly notFinite?: readonly string[];
};

export type ClientChanged = {
  readonly type: 'client-changed';
  readonly client: string;
  readonly host?: string;
  readonly state: ClientState;
  readonly detail?: string;
  readonly round?: number;
  readonly samples?: number;
  readonly seconds?: number;
  readonly loss?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly bytesUp?: number;
  readonly bytesDown?: number;
  readonly address?: string;
};

/** `halted` is no word of a server's: the server is gone, and the run has not ended. */
export type Phase = 'waiting' | 'fit' | 'evaluate' | 'lingering' | 'ended' | 'halted';

export type PhaseChanged = {
  readonly type: 'phase-changed';
  readonly phase: Phase;
  readonly round: number;
  readonly rounds: number;
  readonly waiting?: { readonly have: number; readonly need: number; readonly missing: readonly string[] };
  readonly until?: string;
  /** Why it is halted. */
  readonly detail?: string;
};

export type RunStarted = {
  readonly type: 'run-started';
  readonly rounds: number;
  readonly minClients?: number;
  readonly roundTimeout?: number;
  readonly flower?: string;
  readonly strategy?: string;
  readonly clients?: readonly string[];
};

export type ServerStarted = {
  readonly type: 'server-started';
  readonly port: number;
  readonly monitorPort?: number;
  readonly resumedAfter?: number;
};

export type RunFinished = { readonly type: 'run-finished'; readonly outcome: Outcome; readonly detail?: string };

export type ConnectionRefused = {
  readonly type: 'connection-refused';
  readonly name?: string;
  readonly uri?: string;
  readonly address: string;
  readonly serial?: string;
  readonly fingerprint?: string;
  readonly reason: string;
  readonly count?: number;
  /** It was one of our own, that has to be refused. */
  readonly probe?: boolean;
};

export type ConnectionAccepted = {
  readonly type: 'connection-accepted';
  readonly client: string;
  readonly address: string;
  readonly serial: string;
  readonly fingerprint: string;
};

/** A process of ours on a host, as its host tells it; never journaled. */
export type ProcessSeen = {
  readonly type: 'process-seen';
  /** `server` or a client's name. */
  readonly member: string;
  /** Left out where the host could not be asked: then `failure` says why. */
  readonly state?: 'none' | 'starting' | 'running' | 'finished' | 'refused' | 'failed' | 'stopped';
  readonly since?: string;
  readonly restarts?: number;
  /** Cores that it and what it started kept busy since the last look: 1 is one core. */
  readonly cpu?: number;
  /** Bytes of memory that it and what it started hold. */
  readonly memory?: number;
  readonly gpus?: readonly {
    /** From 0 to 1. */
    readonly use: number;
    /** Bytes. */
    readonly memory: number;
    readonly total: number;
  }[];
  /** Why it is as it is, in its host's words. */
  readonly detail?: string;
  /** Why the host could not be asked. */
  readonly failure?: string;
};

/** Our connection to the server's events; training goes on without it. Never journaled. */
export type LinkChanged = {
  readonly type: 'link-changed';
  readonly state: 'lost' | 'back';
  readonly why?: string;
  /** When the last that is known was told, where nothing was heard since we came. */
  readonly since?: string;
  /** Lost, and not tried again: somebody has to act first. */
  readonly forGood?: true;
};

/** How much was told before we came: what comes up to `last` is the past, and not how things stand. Never journaled. */
export type PastKnown = { readonly type: 'past-known'; readonly last: number };

/** The last proof of mutual TLS that was made before we came, in numbers. Never journaled. */
export type ProofKnown = { readonly type: 'proof-known'; readonly proof: ProofCount };

export type Notice = { readonly type: 'notice'; readonly text: string };

/** What the running server tells; these also carry `sequence` and `run`. */
export type ServerEvent = (
  | RunStarted
  | ServerStarted
  | PhaseChanged
  | ClientChanged
  | ConnectionAccepted
  | ConnectionRefused
  | RoundFinished
  | Notice
  | RunFinished
  | ProcessSeen
  | LinkChanged
  | PastKnown
  | ProofKnown
) & { readonly sequence?: number; readonly run?: string };

export type SessionEvent =
  | {
      readonly type: 'session-started';
      readonly version: 1;
      /** `command`: what to type for it, where that is not its id. */
      readonly steps: readonly { readonly id: string; readonly title: string; readonly command?: string }[];
    }
  | { readonly type: 'step-started'; readonly step: string }
  | {
      readonly type: 'plan-ready';
      /** How the step stands by what was seen. */
      readonly standing?: Standing;
      readonly step: string;
      /** `diff`: lines that begin with `+`, `-` or a space, where a file that is there becomes another one. */
      readonly actions: readonly { readonly text: string; readonly host?: string; readonly diff?: readonly string[] }[];
    }
  | { readonly type: 'action-started'; readonly step: string; readonly action: number; readonly host?: string }
  | {
      readonly type: 'action-finished';
      readonly step: string;
      readonly action: number;
      readonly host?: string;
      readonly outcome: Outcome;
    }
  | {
      readonly type: 'action-output';
      readonly step: string;
      readonly action: number;
      readonly host?: string;
      readonly line: string;
    }
  | { readonly type: 'check-finished'; readonly step: string; readonly check: Check }
  /** All of a proof as one document; `earlier`: nothing is running, and it is the last one that was made. */
  | { readonly type: 'proof-finished'; readonly step: string; readonly proof: Proof; readonly earlier?: boolean }
  | { readonly type: 'host-failed'; readonly step: string; readonly host: string; readonly failure: Failure }
  | {
      readonly type: 'step-finished';
      readonly step: string;
      readonly outcome: Outcome;
      readonly failures?: readonly Failure[];
    }
  | {
      readonly type: 'session-finished';
      readonly outcome: Outcome;
      readonly exitCode: ExitCode;
      /** Of what no step was begun for: a wrong option, a file that is not there. */
      readonly failures?: readonly Failure[];
      /** Files that `init` has written, below the project's folder. */
      readonly written?: readonly string[];
    };

/** An event without its time. */
export type Happening = SessionEvent | ServerEvent;

/** An event as it is read: with the time it happened (RFC 3339, UTC). */
export type Event = Happening & { readonly time: string };

/** Whether it was told with its time. */
export function hasTime<Told extends Happening>(happening: Told): happening is Told & Event {
  return 'time' in happening && typeof happening.time === 'string';
}

/** With the time at which it was told: now, where it has none. */
export function withTime(happening: Happening, now: () => Date): Event {
  return hasTime(happening) ? happening : { ...happening, time: now().toISOString() };
}

/**
 * Whether a run is over, by its journal: a server that started after an end goes on with the run, so that end was not the
 * last word. The hosts' agent and runtime judge by the same rule.
 */
export function hasEnded(events: readonly { readonly type: string }[]): boolean {
  return events.findLast(({ type }) => type === 'run-finished' || type === 'server-started')?.type === 'run-finished';
}
