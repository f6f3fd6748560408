/** A world and steps without effects: what was asked of them is written down, in order. */
import { completeNetwork, type Network } from '../../source/network/network.ts';
import { type Action, here, type Stage } from '../../source/plan/action.ts';
import type { Check, Happening } from '../../source/plan/event.ts';
import { type ExitCode, exit, type Failure, UserError } from '../../source/plan/failure.ts';
import { run } from '../../source/plan/run.ts';
import type { RunOptions } from '../../source/plan/run-step.ts';
import type { Answers, Evidence, Operator, Step } from '../../source/plan/step.ts';
import { listed } from '../../source/plan/told.ts';
import type { World } from '../../source/plan/world.ts';

export const now = new Date('2026-11-20T09:41:00Z');

export const network: Network = completeNetwork({
  version: 1,
  name: 'xray',
  server: { address: 'fl.example.org', ssh: { host: '10.0.0.1', user: 'ubuntu' } },
  clients: ['client1', 'client2'].map((name, at) => ({ name, ssh: { host: `10.0.0.${at + 2}`, user: 'ubuntu' } })),
});

export const answers: Answers = { network, options: {}, only: [] };

type Given = Partial<Omit<World, 'journal'>> & { readonly journal?: Partial<World['journal']> };

/** One that was given as a list is read as a stream, too. */
function journalOf(given: Partial<World['journal']>): World['journal'] {
  const known = given as World['journal'];
  return {
    ...known,
    async *events(run) {
      yield* await known.read(run);
    },
    reader: (run) => ({
      next: () => journalOf(given).events(run),
      // Nobody else writes to it.
      grown: (signal) => new Promise((over) => signal.addEventListener('abort', () => over(), { once: true })),
    }),
    ...given,
  };
}

/** A world that can do what it is given; whatever else is asked of it is an error. */
export function fakeWorld(log: string[] = [], { journal, ...more }: Given = {}): World {
  const known: Partial<World> = {
    directory: '/project',
    user: 'ada',
    dryRun: false,
    version: '0.0.0',
    now: () => now,
    asset: (...parts) => ['/assets', ...parts].join('/'),
    forget: (names) => void log.push(`forget ${names.join(' ')}`),
    perform: async (action) => void log.push(`do ${action.text}`),
    note: async () => undefined,
    lock: async (command) => {
      log.push(`lock ${command}`);
      return async () => void log.push('unlock');
    },
    ...(journal ? { journal: journalOf(journal) } : {}),
    ...more,
  };
  return new Proxy(known as World, {
    get(target, name) {
      if (name in target) return Reflect.get(target, name);
      throw new Error(`the world was asked for ${String(name)}`);
    },
  });
}

/** Something to be done: only its words matter to the engine. */
export function action(text: string, more: Partial<Pick<Action, 'invalidates'>> = {}): Action {
  return { kind: 'write-file', path: `/${text}`, content: '', mode: 0o644, text, ...more };
}

/** One stage; each lane is given by the texts of its actions. */
export function stage(title: string, lanes: Readonly<Record<string, readonly string[]>>): Stage {
  return {
    title,
    lanes: Object.fromEntries(Object.entries(lanes).map(([lane, texts]) => [lane, texts.map((text) => action(text))])),
  };
}

export const check = (name: string, more: Partial<Check> = {}): Check => ({
  name,
  kind: 'state',
  ok: true,
  detail: 'as it must be',
  ...more,
});

export const trouble = (exitCode: ExitCode, host?: string): Failure => ({
  exitCode,
  doing: 'Trying',
  why: `trouble ${exitCode}`,
  ...(host ? { host } : {}),
});

type Wish = {
  readonly effect?: Step['effect'];
  /** A function is given how often the step has looked. */
  readonly stages?: readonly Stage[] | (() => readonly Stage[]);
  readonly evidence?: readonly Evidence[] | ((looks: number) => readonly Evidence[]);
  readonly failures?: (looks: number) => readonly Failure[];
  readonly observe?: () => void;
};

/** A step whose facts are how often it has looked. */
export function fakeStep(id: string, wish: Wish = {}, log: string[] = []): Step {
  let looks = 0;
  const { stages = [], evidence = [], failures, observe } = wish;
  return {
    id,
    title: id.toUpperCase(),
    summary: '',
    inputs: [],
    effect: wish.effect ?? 'changes',
    async observe() {
      log.push(`look ${id}`);
      observe?.();
      looks++;
      return looks;
    },
    plan: () => (typeof stages === 'function' ? stages() : stages),
    async *verify(_answers, facts) {
      log.push(`prove ${id} by look ${String(facts)}`);
      yield* typeof evidence === 'function' ? evidence(Number(facts)) : evidence;
    },
    ...(failures ? { failures: (facts: unknown) => failures(Number(facts)) } : {}),
  };
}

export const operator = (approved = true, log: string[] = []): Operator => ({
  answer: async () => answers,
  approve: async (step) => {
    log.push(`approve ${step.id}`);
    return approved;
  },
  ask: async () => ({ kind: 'no' }),
});

export type Ran = { readonly events: readonly Happening[]; readonly exitCode: ExitCode };

/** Runs steps to the end. `onEvent` sees each event when it is yielded. */
export async function ran(
  steps: readonly Step[],
  more: Partial<RunOptions> = {},
  onEvent: (event: Happening) => void = () => undefined,
): Promise<Ran> {
  const events: Happening[] = [];
  const happenings = run(steps, {
    world: fakeWorld(),
    operator: operator(),
    signal: new AbortController().signal,
    parallel: 16,
    command: 'up',
    ...more,
  });
  for (;;) {
    const next = await happenings.next();
    if (next.done) return { events, exitCode: next.value };
    for (const event of listed(next.value)) {
      events.push(event);
      onEvent(event);
    }
  }
}

export function of<Type extends Happening['type']>(
  events: readonly Happening[],
  type: Type,
): readonly Extract<Happening, { type: Type }>[] {
  return events.filter((event): event is Extract<Happening, { type: Type }> => event.type === type);
}

/** A world in which the actions of these texts fail. */
export function failingAt(
  log: string[],
  failures: Readonly<Record<string, unknown>>,
  more: Partial<World> = {},
): World {
  return fakeWorld(log, {
    perform: async ({ text }) => {
      log.push(`do ${text}`);
      if (text in failures) throw failures[text];
    },
    ...more,
  });
}

export const remoteTrouble = (exitCode: ExitCode = exit.remote) => new UserError(trouble(exitCode));

export { here };
