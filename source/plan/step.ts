/** The vocabulary of steps: what each declares, and who answers it. */
import type { Network } from '../network/network.ts';
import type { Action, Stage } from './action.ts';
import type { Check, ServerEvent } from './event.ts';
import type { ExitCode, Failure } from './failure.ts';
import type { Proof } from './proven.ts';
import { Secret } from './secret.ts';
import type { World } from './world.ts';

/** The flags of single steps; the names are those of the fields on screen. */
export type Options = {
  readonly offline?: boolean;
  readonly allowReissue?: boolean;
  readonly caPassphraseFile?: string;
  /** The CA's certificate and its key. */
  readonly importCa?: readonly string[];
  readonly onlyCertificates?: boolean;
  readonly wheelhouse?: string;
  readonly new?: boolean;
  readonly resume?: string;
  readonly rounds?: number;
  readonly initialWeights?: string;
  readonly output?: string;
  readonly once?: boolean;
  readonly wait?: boolean;
  readonly after?: number;
  readonly detach?: boolean;
};

/** One declaration: the flag, the form field and the line of the help. */
export type Input = {
  readonly name: keyof Options;
  /** As commander reads it: `--rounds <n>`. */
  readonly flag: string;
  readonly description: string;
  readonly kind: 'boolean' | 'text' | 'number' | 'texts';
};

/** What a step works on. `only`: the names that take part; empty means all. */
export type Answers = {
  readonly network: Network;
  readonly options: Options;
  readonly only: readonly string[];
};

/**
 * A check as a step makes it: `exitCode` is what a failed one counts as (default 6, a proof), `proposes` what the
 * server's certificate might hold beside what was said, `change` the keys of fl-network.yaml that would end the trouble.
 */
export type StepCheck = Check &
  Pick<Failure, 'asks' | 'change'> & { readonly exitCode?: ExitCode; readonly proposes?: readonly string[] };
export type Evidence =
  | { readonly check: StepCheck }
  | { readonly events: readonly ServerEvent[] }
  | { readonly proof: Proof; readonly earlier?: boolean };

/** How a step stands by what was seen, before anything is done. */
export type Standing = {
  /** `outdated`: some of it is there, and not as it is wanted now. */
  readonly state: 'done' | 'outdated' | 'missing';
  /** In a few words, where the plan does not say it. */
  readonly why?: string;
  /** Its run has ended: what comes next is another one. */
  readonly over?: true;
};

export type Step<Facts = unknown> = {
  /** Also the subcommand. */
  readonly id: string;
  /** Also the heading. */
  readonly title: string;
  /** One line of help. */
  readonly summary: string;
  readonly inputs: readonly Input[];
  /** A step that changes something runs under the lock. */
  readonly effect: 'looks' | 'changes';
  /** What to type for it, where it is a part of a command that is no step. */
  readonly command?: string;
  /** Whether a dry run proves, too: where nothing is changed by it, and nothing that comes before is needed. */
  readonly provesDry?: boolean;
  /**
   * What it does at one host is nothing to the others, the server's included: a host that failed ends nothing there, and
   * the steps that follow leave it out.
   */
  readonly apart?: boolean;
  observe(answers: Answers, world: World): Promise<Facts>;
  /** Pure. Facts may be empty: what is unknown has to change. */
  plan(answers: Answers, facts: Facts): readonly Stage[];
  verify(answers: Answers, facts: Facts, world: World, signal: AbortSignal): AsyncIterable<Evidence>;
  /**
   * How it stands, where that there is something to do, or nothing, does not say it. Pure.
   * @param planned how many actions the plan has
   */
  stands?(answers: Answers, facts: Facts, planned: number): Standing;
  /** Hosts that could not be looked at. */
  failures?(facts: Facts): readonly Failure[];
};

export type Question =
  | {
      readonly kind: 'host-key';
      readonly host: string;
      /** What was typed for it, an alias or an address, where that is not its name. */
      readonly typed?: string;
      readonly address: string;
      readonly keyType: string;
      readonly fingerprint: string;
      /** Which question about a key it is, and how many hosts are being reached. */
      readonly nth?: number;
      readonly hosts?: number;
    }
  | {
      readonly kind: 'passphrase';
      readonly file: string;
      /** Whose key it is, and whether it is to be opened, to be encrypted, or typed a second time. */
      readonly wanted: 'open-ssh' | 'open-ca' | 'new-ca' | 'repeat-ca';
      /** What was wrong with the last answer. */
      readonly note?: string;
    }
  | NamesQuestion
  /** Whether another run is to be begun, where the last one has ended with another app or other settings than those of now. */
  | { readonly kind: 'another' }
  | LoginQuestion
  | SudoQuestion;

/** Whether the server's certificate is to hold addresses that its host was found to have. */
export type NamesQuestion = {
  readonly kind: 'names';
  /** What it will hold without them, and what it could hold too. */
  readonly held: readonly string[];
  readonly found: readonly string[];
};

/** Why another run is asked about. */
export const anotherWhy = 'The last run has ended, with the app or the settings of before, not with those of now.';

/** Whether a question is answered with yes or no, and nothing is typed. */
export function isConfirmed({ kind }: Question): boolean {
  return kind === 'host-key' || kind === 'names' || kind === 'another';
}

/** What a host asks for at login beside a key, or instead of one: a password, a one-time code. */
export type LoginQuestion = {
  readonly kind: 'login';
  /** Who asks: a name, its address and port, and the user there. */
  readonly host: string;
  readonly address: string;
  readonly user: string;
  /** Why the keys alone did not do, in our words. */
  readonly because: string;
  /** The host's own words, to be shown as such; none where it only takes a password. The last line is what it asks. */
  readonly says: readonly string[];
  /** Whether the host lets what is typed be seen. */
  readonly echo: boolean;
};

/** What sudo asks for on a host: the password of who logs in. */
export type SudoQuestion = {
  readonly kind: 'sudo';
  readonly host: string;
  readonly address: string;
  readonly user: string;
  /** What is to be done with it. */
  readonly doing: string;
  /** Another host that took the last one typed: nothing typed stands for the same. */
  readonly same?: string;
  /** What was wrong with the last answer. */
  readonly note?: string;
};

export type Answer =
  | { readonly kind: 'yes' }
  /** Not confirmed, not known, or given up. */
  | { readonly kind: 'no' }
  /** Empty only where that means something: a new key without one, Enter alone at login, the same as on another host. */
  | { readonly kind: 'secret'; readonly value: Secret };

/**
 * What was typed, as an answer. Nothing typed is none; for a new key it says that no passphrase is wanted, and a host may
 * ask for Enter alone; for sudo it may be the password that another host took.
 */
export function typedAnswer(question: Question, text: string): Answer {
  const without =
    question.kind === 'login' ||
    (question.kind === 'passphrase' && question.wanted === 'new-ca') ||
    (question.kind === 'sudo' && question.same !== undefined);
  return text !== '' || without ? { kind: 'secret', value: new Secret(text) } : { kind: 'no' };
}

export type Operator = {
  /** Before looking. */
  answer(step: Step): Promise<Answers>;
  /** Before doing. */
  approve(step: Step, stages: readonly Stage[]): Promise<boolean>;
  /** Why it did not, where nobody was asked who would know. */
  refusal?(step: Step, stages: readonly Stage[]): Failure | undefined;
  /**
   * In between; one at a time.
   * @param withdrawn aborted once nobody waits for the answer any more
   */
  ask(question: Question, withdrawn?: AbortSignal): Promise<Answer>;
};

/** The same for a step whose plan is empty once it is done. @param begun whether any of it is there */
export function standing(planned: number, begun: boolean): Standing {
  return { state: planned === 0 && begun ? 'done' : begun ? 'outdated' : 'missing' };
}

/** Everything that a plan would make invalid. */
export function invalidated(stages: readonly Stage[]): readonly string[] {
  const all = stages.flatMap((stage) =>
    Object.values(stage.lanes).flatMap((actions: readonly Action[]) => actions.flatMap((a) => a.invalidates ?? [])),
  );
  // What makes the CA anew, and what issues by it, end the same certificates.
  return [...new Set(all)];
}
