/** One session: the engine with an operator and a reader, whatever command asked for it. */

import { join } from 'node:path';
import { headlessOperator } from '../headless/operator.ts';
import { asciiSymbols, failureLines, PlainReader, unicodeSymbols } from '../headless/plain.ts';
import type { Network } from '../network/network.ts';
import { members } from '../network/network.ts';
import { numbered, type Stage as PlanStage } from '../plan/action.ts';
import type { Event, Happening } from '../plan/event.ts';
import { type ExitCode, exit } from '../plan/failure.ts';
import { emptyView, reduce, type View } from '../plan/reduce.ts';
import { run } from '../plan/run.ts';
import type { Answers, Operator, Step } from '../plan/step.ts';
import type { World } from '../plan/world.ts';
import type { DemoFacts } from '../ui/demo-facts.ts';
import { pause } from '../world/pause.ts';
import { createWorld } from '../world/world.ts';
import { type Call, colors, hasScreen, interactive, orAborted, unicode } from './context.ts';

/** So long the demo's finished table stays, at least, before its last screen: it is what people came to see. */
const holdMilliseconds = 4000;

/** Frames are painted at most every 33 ms; the last one has to be before the screen goes. */
const paintMilliseconds = 100;

/** Address, TCP, key exchange and login together, milliseconds. */
const connectTimeout = 10_000;

export type SessionOptions = {
  readonly title: string;
  readonly directory: string;
  readonly network: Network;
  readonly steps: readonly Step[];
  /** Approve every plan without asking, and show the screens running by themselves. */
  readonly autopilot: boolean;
  /** What the line of keys says of `q`, where what runs does not go on. */
  readonly leave?: string;
  /** The last screen stays until a key is pressed. */
  readonly stay: boolean;
  /** What is found is what was asked for, so it goes to stdout: a step that only looks. */
  readonly found?: boolean;
  /** Only the view is wanted: events are not printed, trouble is. */
  readonly silent?: boolean;
  /** What the demo's last screen tells. */
  readonly ending?: (view: View) => Promise<DemoFacts>;
};

export type SessionResult = { readonly exitCode: ExitCode; readonly view: View };

/** A reader of events, and the operator that goes with it. */
type Stage = {
  readonly operator: Operator;
  feed(event: Event): void;
  /** The user left the monitor: what runs goes on. */
  readonly left: AbortSignal;
  end(view: View): Promise<void>;
  /** Whatever happened: the terminal is whole again. */
  close(): Promise<void>;
};

export function worldOf(call: Call, directory: string, ask: Operator['ask']): World {
  const { io, common, version } = call;
  return createWorld({
    directory,
    home: io.home,
    user: io.user,
    sshAgent: io.env.SSH_AUTH_SOCK,
    acceptNewHostKeys: common.acceptNewHostKeys === true,
    timeout: connectTimeout,
    version,
    dryRun: dryRun(call),
    processes: io.processes,
    signal: io.signal,
    parallel: common.parallel,
    ask,
  });
}

export async function session(call: Call, options: SessionOptions): Promise<SessionResult> {
  const { common, io } = call;
  const answers: Answers = { network: options.network, options: call.options, only: common.only ?? [] };
  const stage = await stageOf(call, options, answers);
  const world = worldOf(call, options.directory, stage.operator.ask);
  const leaving = AbortSignal.any([io.signal, stage.left]);
  let view = emptyView;
  let exitCode: ExitCode = exit.bug;
  const bugs: unknown[] = [];
  try {
    const happenings = run(options.steps, {
      world,
      operator: stage.operator,
      signal: leaving,
      dryRun: dryRun(call),
      ...(common.showCommands ? { planned: (step, stages) => printCommands(call, options, world, step, stages) } : {}),
      parallel: common.parallel,
      command: call.command,
      bug: (error) => bugs.push(error),
    });
    for await (const happening of happenings) {
      const event = timed(happening, world.now(), stage.left.aborted);
      view = reduce(view, event);
      if (event.type === 'session-finished') exitCode = event.exitCode;
      stage.feed(event);
    }
    await stage.end(view);
  } finally {
    await Promise.all([world.close(), stage.close()]);
    if (io.signal.aborted && !options.ending) io.stderr.write(interrupted(view));
    for (const bug of bugs) io.stderr.write(`${bug instanceof Error ? (bug.stack ?? bug.message) : String(bug)}\n`);
  }
  return { exitCode, view };
}

/** What goes on when we don't: said by name, since nobody else says it. */
function interrupted(view: View): string {
  const started = view.steps.some(({ id, status }) => id === 'launch' && status !== 'waiting' && status !== 'looking');
  const watched = view.run.id !== undefined && view.run.end === undefined;
  if (!started && !watched) return 'Interrupted.\n';
  return 'Interrupted. What runs on the hosts goes on: fl-wizard status tells what, fl-wizard monitor watches, fl-wizard stop ends it.\n';
}

/** Whoever wants to see the lines wants nothing done yet. */
function dryRun({ common }: Call): boolean {
  return common.dryRun === true || common.showCommands === true;
}

/** A plan as the lines that do the same; on stdout, since that is what was asked for. */
async function printCommands(
  call: Call,
  options: SessionOptions,
  world: World,
  step: Step,
  stages: readonly PlanStage[],
): Promise<void> {
  const { shellLines } = await import('../flower/shell.ts');
  const reached = await Promise.all(
    members(options.network).map(async (each) => [each.name, await world.reach(each)] as const),
  );
  const reaches = new Map(reached);
  const context = {
    configuration: join(options.directory, options.network.certificates.folder, 'certificate.conf'),
    reach: (host: string) => reaches.get(host) ?? { options: [], destination: host },
  };
  const lines = numbered(stages).flatMap(({ action }) => shellLines(action, context));
  if (lines.length > 0 && !call.common.json)
    call.io.stdout.write(`# ${step.title} (fl-wizard ${step.id})\n${lines.join('\n')}\n`);
}

/** An event with its time. Leaving the monitor on purpose is no interruption. */
function timed(happening: Happening, now: Date, left: boolean): Event {
  const time = 'time' in happening && typeof happening.time === 'string' ? happening.time : now.toISOString();
  if (left && happening.type === 'session-finished')
    return { ...happening, outcome: 'unchanged', exitCode: exit.done, time };
  if (left && happening.type === 'step-finished' && !happening.failures)
    return { ...happening, outcome: 'unchanged', time };
  return { ...happening, time };
}

async function stageOf(call: Call, options: SessionOptions, answers: Answers): Promise<Stage> {
  if (call.common.json) return jsonStage(call, options, answers);
  if (hasScreen(call) && !call.common.showCommands) return screenStage(call, options, answers);
  return plainStage(call, options, answers);
}

const never = new AbortController().signal;

function operatorOf(call: Call, options: SessionOptions, answers: Answers): Operator {
  return headlessOperator({ answers, yes: options.autopilot || call.common.yes === true });
}

/** What to do with a run that has ended, where that was the point of the session. */
function footer({ network, steps }: SessionOptions, view: View): readonly string[] {
  if (view.run.end === undefined || !steps.some(({ id }) => id === 'launch' || id === 'monitor')) return [];
  return [
    `Weights   ${network.server.remote.home}/runs/${view.run.id ?? ''} on the server's host`,
    'Next      fl-wizard launch --new starts another run',
  ];
}

/** Ends of what we print: a reader that has gone away (`| head -1`) ends us quietly. */
function writer(stream: NodeJS.WriteStream, call: Call): (line: string) => void {
  stream.on('error', () => call.io.interrupt());
  return (line) => {
    stream.write(`${line}\n`);
  };
}

function jsonStage(call: Call, options: SessionOptions, answers: Answers): Stage {
  const write = writer(call.io.stdout, call);
  return {
    operator: operatorOf(call, options, answers),
    feed: ({ type, time, ...rest }) => write(JSON.stringify({ type, time, ...rest })),
    left: never,
    end: async () => undefined,
    close: async () => undefined,
  };
}

function silentLines(event: Event): readonly string[] {
  return event.type === 'step-finished' ? (event.failures ?? []).flatMap(failureLines) : [];
}

async function plainStage(call: Call, options: SessionOptions, answers: Answers): Promise<Stage> {
  const reader = new PlainReader(unicode(call) ? unicodeSymbols : asciiSymbols);
  const write = writer(call.io.stderr, call);
  const tell = writer(call.io.stdout, call);
  const asking = interactive(call) ? await import('../headless/line-operator.ts') : undefined;
  return {
    operator:
      asking?.lineOperator({
        answers,
        input: call.io.stdin,
        output: call.io.stderr,
        signal: call.io.signal,
        interrupt: call.io.interrupt,
      }) ?? operatorOf(call, options, answers),
    feed: (event) => {
      const failed = event.type === 'step-finished' && event.failures !== undefined;
      const lines = options.silent ? silentLines(event) : reader.read(event);
      for (const line of lines) (options.found && !failed ? tell : write)(line);
    },
    left: never,
    async end(view) {
      if (!options.ending || view.end?.exitCode !== exit.done) return;
      const { renderDemoEnd } = await import('../ui/demo-end.tsx');
      write(renderDemoEnd(await options.ending(view), { colors: false, unicode: unicode(call) }));
    },
    close: async () => undefined,
  };
}

async function screenStage(call: Call, options: SessionOptions, answers: Answers): Promise<Stage> {
  const { openScreen } = await import('../ui/screen.tsx');
  const { io } = call;
  const screen = openScreen({
    version: call.version,
    directory: options.directory,
    stdin: io.stdin,
    stdout: io.stdout,
    colors: colors(call),
    unicode: unicode(call),
    interrupt: io.interrupt,
  });
  const autopilot = options.autopilot || call.common.yes === true;
  const shown = screen.session(options.title, call.command === 'wizard' ? 'fl-wizard' : `fl-wizard ${call.command}`, {
    autopilot,
    ...(options.leave ? { leave: options.leave } : {}),
  });
  shown.hosts(Object.fromEntries(members(options.network).map((member) => [member.name, hostText(member.ssh)])));
  const left = new AbortController();
  shown.left.then(() => left.abort('left'));
  const plain = operatorOf(call, options, answers);
  return {
    operator: {
      answer: async () => answers,
      approve: (step, stages) =>
        autopilot ? plain.approve(step, stages) : orAborted(shown.operator.approve(step, stages), io.signal, false),
      // With --yes nothing is ever asked; the demo knows its hosts.
      ask: (question) =>
        autopilot ? plain.ask(question) : orAborted(shown.operator.ask(question), io.signal, { kind: 'no' }),
    },
    feed: (event) => shown.feed(event),
    left: left.signal,
    async end(view) {
      const ended = view.end?.exitCode === exit.done;
      const stays = () => options.stay && !left.signal.aborted && !io.signal.aborted;
      // What the end tells takes seconds to find out: who has left does not wait for it.
      const held = options.ending ? pause(holdMilliseconds, AbortSignal.any([io.signal, left.signal])) : undefined;
      const demo = ended && stays() ? await options.ending?.(view) : undefined;
      await held;
      // Also where nobody stays: what is painted last is what remains above the prompt.
      const seen = shown.finish(ended && !demo ? footer(options, view) : [], demo);
      if (stays()) await orAborted(seen, io.signal, 'leave');
      else await pause(paintMilliseconds, never);
      await screen.close();
    },
    close: () => screen.close(),
  };
}

function hostText({
  user,
  host,
  port,
}: {
  user?: string | undefined;
  host: string;
  port?: number | undefined;
}): string {
  return `${user ? `${user}@` : ''}${host}${port && port !== 22 ? `:${port}` : ''}`;
}
