/** One session: the engine with an operator and a reader, whatever command asked for it. */
import { setMaxListeners } from 'node:events';
import type { Network } from '../network/network.ts';
import { numbered, type Stage as PlanStage } from '../plan/action.ts';
import type { After } from '../plan/after.ts';
import { type Event, type Happening, withTime } from '../plan/event.ts';
import { type ExitCode, exit } from '../plan/failure.ts';
import type { View } from '../plan/reduce.ts';
import { run } from '../plan/run.ts';
import type { Secret } from '../plan/secret.ts';
import type { Answers, Operator, Step } from '../plan/step.ts';
import { listed } from '../plan/told.ts';
import { Breath } from '../plan/turns.ts';
import type { World } from '../plan/world.ts';
import { Backlog } from '../ui/backlog.ts';
import { samples } from '../ui/format.ts';
import { inert } from '../ui/inert.ts';
import type { Commands } from '../ui/plan-lines.ts';
import type { GivenSecret } from '../world/given-secret.ts';
import { Targets } from '../world/targets.ts';
import { createWorld } from '../world/world.ts';
import { type Accepted, acceptedText } from './accepted.ts';
import type { Beside } from './beside.ts';
import { type Call, interactive } from './context.ts';
import { ofDemo } from './demo-folder.ts';
import { say } from './say.ts';
import { commandsOf } from './shell-commands.ts';
import { type SessionOptions, type Stage, stageOf } from './stage.ts';
import { goesOnIn, goesOnWords } from './visit.ts';

/** Address, TCP, key exchange and login together, milliseconds. */
const connectTimeout = 10_000;
/** `left`: somebody left what is watched, and wants nothing more. */
export type SessionResult = {
  readonly exitCode: ExitCode;
  readonly view: View;
  readonly after?: After;
  readonly left?: true;
};
type Project = Pick<SessionOptions, 'directory' | 'network'>;

export function worldOf(call: Call, project: Project, ask: Operator['ask'], accepted?: Accepted): World {
  const { io, common, version } = call;
  const { directory } = project;
  return createWorld({
    directory,
    home: io.home,
    user: io.user,
    attended: interactive(call),
    sshAgent: io.env.SSH_AUTH_SOCK,
    env: io.env,
    acceptNewHostKeys: common.acceptNewHostKeys === true,
    timeout: connectTimeout,
    version,
    dryRun: dryRun(call),
    processes: io.processes,
    signal: io.signal,
    parallel: common.parallel,
    caPassphrase: given(io.caPassphrase),
    sudoPassword: given(io.sudoPassword),
    ask,
    ...(accepted ? { accepted } : {}),
    unreached: (error) => ofDemo(error, project, io.processes),
  });
}

function given(value: Secret | undefined): GivenSecret {
  return value ? { value } : {};
}

/**
 * For every command that goes to hosts, before anything is touched.
 * @throws UserError (2)
 */
export function hostsMustDiffer({ io }: Call, network: Network): Promise<void> {
  return new Targets(io).mustDiffer(network);
}

export async function session(call: Call, options: SessionOptions): Promise<SessionResult> {
  const { common, io } = call;
  let answers: Answers = { network: options.network, options: call.options, only: common.only ?? [] };
  if (options.steps.some(({ id }) => id !== 'config') && !call.options.offline)
    await hostsMustDiffer(call, options.network);
  const stage = await stageOf(call, options, answers);
  const world = worldOf(call, options, stage.operator.ask, (key) => {
    // On a screen it would be a word of the run's.
    if (!stage.view) void stage.feed(withTime({ type: 'notice', text: acceptedText(key) }, () => new Date()));
  });
  const bugs: unknown[] = [];
  const bug = (error: unknown) => bugs.push(error);
  const beside = await besideOf(call, () => answers, world, stage, bug);
  const leaving = AbortSignal.any([io.signal, beside?.left ?? stage.left]);
  // Each host listens to it, and they are more than Node takes for usual.
  setMaxListeners(0, leaving);
  const breath = new Breath();
  // A screen makes the same of the events, and a thousand clients need not be in memory twice.
  const backlog = new Backlog();
  const viewed = () => (stage.view ? stage.view() : backlog.take().view);
  let exitCode: ExitCode = exit.bug;
  let after: After | undefined;
  try {
    const happenings = run(options.steps, {
      world: beside?.world ?? world,
      operator: { ...stage.operator, answer: async () => answers },
      signal: leaving,
      async adopt(found) {
        const { address, names } = answers.network;
        const question = { kind: 'names', held: [address, ...names], found } as const;
        if (!options.addNames || (await stage.operator.ask(question)).kind !== 'yes') return [];
        answers = { ...answers, network: await options.addNames(found) };
        return options.steps.filter(({ id }) => id === 'config');
      },
      async another() {
        // Headless, what is wanted was said: nobody is asked where there is no page to say it on.
        if (!options.page || (await stage.operator.ask({ kind: 'another' })).kind !== 'yes') return undefined;
        answers = { ...answers, options: { ...answers.options, new: true } };
        return answers;
      },
      dryRun: dryRun(call),
      async planned(step, stages) {
        stage.planned?.(stages, () => commandsOf(call, options, world, stages, true));
        if (common.showCommands)
          printCommands(call, step, stages, await commandsOf(call, options, world, stages, false));
      },
      parallel: common.parallel,
      command: call.command,
      bug,
    });
    for await (const told of happenings)
      for (const happening of listed(told)) {
        const own = timed(happening, world.now, stage.left.aborted);
        const event = options.retell?.(own) ?? own;
        if (event.type === 'session-finished') exitCode = event.exitCode;
        if (!stage.view) backlog.add(event);
        // Most often there is nothing to wait for, and ten thousand events a second would each wait for that.
        const full = stage.feed(event);
        if (full) await full;
        beside?.see(event);
        const pause = breath.take();
        if (pause) await pause;
      }
    await beside?.settle();
    after = await stage.end(viewed());
  } finally {
    const word = await beside?.end();
    await Promise.all([world.close(), stage.close()]);
    if (word) io.stderr.write(`${inert(word)}\n`);
    // Who only closed a pipe has no use for words.
    // Behind a page that one goes back to, it has its own.
    const left = stage.screen !== undefined && stage.left.aborted && options.page !== 'before';
    if ((io.signal.aborted || left) && !options.ending)
      await say(call, lastWords(viewed(), io.signal.aborted, call.command));
    for (const bug of bugs) io.stderr.write(`${bug instanceof Error ? (bug.stack ?? bug.message) : String(bug)}\n`);
  }
  return { exitCode, view: viewed(), ...(after ? { after } : {}), ...(stage.left.aborted ? { left: true } : {}) };
}

/** What the screen is told beside the run's events; loaded only where there is one. */
async function besideOf(
  { common, io }: Call,
  answers: () => Answers,
  world: World,
  { screen, operator, left }: Stage,
  bug: (error: unknown) => void,
): Promise<Beside | undefined> {
  if (!screen) return undefined;
  const { Beside } = await import('./beside.ts');
  const ends = { left, interrupted: io.signal };
  return new Beside({ world, answers, screen, ask: operator.ask, parallel: common.parallel, ...ends, bug });
}

/** Where no command says what was under way. */
const wizardWords = 'To go on from here, type fl-wizard and choose Go on.';

/** What goes on when we don't: said by name, since nobody else says it. */
export function lastWords(view: View, wasInterrupted: boolean, command = ''): readonly string[] {
  const started = view.steps.some(({ id, status }) => id === 'launch' && status !== 'waiting' && status !== 'looking');
  const current = view.steps.find(({ id }) => id === view.current);
  const again =
    current === undefined || current.id === 'monitor'
      ? ''
      : ` ${command === 'wizard' ? wizardWords : 'The same command goes on from here.'}`;
  const mark = wasInterrupted ? [`Interrupted.${again}`] : [];
  if ((started && wasInterrupted) || goesOnIn(view)) return [...mark, goesOnWords];
  if (!wasInterrupted) return [];
  const done = current?.actions.filter(({ status }) => status === 'done').length ?? 0;
  return current && done > 0
    ? [
        `Interrupted: ${samples(done)} of ${samples(current.actions.length)} done. fl-wizard ${current.command ?? current.id} does the rest.`,
      ]
    : mark;
}

/** Whoever wants to see the lines wants nothing done yet. */
function dryRun({ common }: Call): boolean {
  return common.dryRun === true || common.showCommands === true;
}

/** On stdout, since that is what was asked for. */
function printCommands(call: Call, step: Step, stages: readonly PlanStage[], commands: Commands): void {
  const lines = numbered(stages).flatMap(({ action }) => commands(action));
  if (lines.length > 0 && !call.common.json)
    call.io.stdout.write(`# ${step.title} (fl-wizard ${step.command ?? step.id})\n${lines.join('\n')}\n`);
}

/** An event with its time. Leaving the monitor on purpose is no interruption. */
function timed(happening: Happening, now: () => Date, left: boolean): Event {
  const event = withTime(happening, now);
  if (left && event.type === 'session-finished') return { ...event, outcome: 'unchanged', exitCode: exit.done };
  if (left && event.type === 'step-finished' && !event.failures) return { ...event, outcome: 'unchanged' };
  return event;
}
