/** Who reads a session's events and who answers its questions: NDJSON, lines, or the screen. */
import { headlessOperator } from '../headless/operator.ts';
import { members, type Network } from '../network/network.ts';
import { defaults } from '../network/schema.ts';
import type { Stage as PlanStage } from '../plan/action.ts';
import { type After, choicesAfter } from '../plan/after.ts';
import type { Event } from '../plan/event.ts';
import { exit } from '../plan/failure.ts';
import type { View } from '../plan/reduce.ts';
import type { Answers, Operator, Step } from '../plan/step.ts';

import type { DemoFacts } from '../ui/demo-facts.ts';
import type { Known } from '../ui/found.ts';
import type { Commands } from '../ui/plan-lines.ts';
import type { Session } from '../ui/session-face.ts';
import { pause } from '../world/pause.ts';
import { type Call, colors, hasScreen, orAborted, unicode } from './context.ts';
import { flagsOf } from './flags.ts';
import { footer } from './footer.ts';

/** So long the demo's finished table stays, at least, before its last screen: it is what people came to see. */
const holdMilliseconds = 4000;

/** Frames have their pace (ui/store.ts); the last one has to be painted before the screen goes. */
const paintMilliseconds = 100;
export type SessionOptions = {
  readonly title: string;
  readonly directory: string;
  readonly network: Network;
  readonly steps: readonly Step[];
  /** Approve every plan without asking, and show the screens running by themselves. */
  readonly autopilot: boolean;
  /** What the line of keys says of `q`, where what runs does not go on. */
  readonly leave?: string;
  /** What becomes of what runs where `q` ends it: then that is asked about first. */
  readonly ends?: string;
  /** The last screen stays until a key is pressed. */
  readonly stay: boolean;
  /** Where something failed it offers what can be done about that; whoever runs the session does it. */
  readonly choices?: boolean;
  /** Where there is a page of the steps: whether it was begun there, and leads back there. */
  readonly page?: 'before' | 'beside';
  /** All steps, and what is known of them before the session, which may have some of them only. */
  readonly known?: readonly Known[];
  /** What is found is what was asked for, so it goes to stdout: a step that only looks. */
  readonly found?: boolean;
  /** Writes names of the server down, for its certificate, and reads the network again. Left out, nobody is asked. */
  readonly addNames?: (names: readonly string[]) => Promise<Network>;
  /** Only the view is wanted: events are not printed, trouble is. */
  readonly silent?: boolean;
  /** Puts what is told into other words, for every reader. */
  readonly retell?: (event: Event) => Event;
  /** What the demo's last screen tells. */
  readonly ending?: (view: View) => Promise<DemoFacts>;
};
/** A reader of events, and the operator that goes with it. */
export type Stage = {
  readonly operator: Operator;
  /** A promise where its reader has to catch up first. */
  feed(event: Event): void | Promise<void>;
  /** What was made of all that was fed, where the reader makes it anyway. */
  view?(): View;
  /** A plan with all that its event leaves out; `commands` finds the lines for a shell that do the same. */
  planned?(stages: readonly PlanStage[], commands: () => Promise<Commands>): void;
  /** The screen, where there is one: it shows what the hosts tell beside the run's events. */
  readonly screen?: Session;
  /** The user left the monitor: what runs goes on. */
  readonly left: AbortSignal;
  /** @returns what is to be done about what failed, where somebody has chosen that */
  end(view: View): Promise<After | undefined>;
  /** Whatever happened: the terminal is whole again. */
  close(): Promise<void>;
};
export async function stageOf(call: Call, options: SessionOptions, answers: Answers): Promise<Stage> {
  if (call.common.json) return jsonStage(call, options, answers);
  if (hasScreen(call) && !call.common.showCommands) return screenStage(call, options, answers);
  return (await import('./plain-stage.ts')).plainStage(call, options, answers);
}

const never = new AbortController().signal;

export function operatorOf(call: Call, options: SessionOptions, answers: Answers): Operator {
  return headlessOperator({ answers, yes: options.autopilot || call.common.yes === true });
}

/** Resolves when the reader has taken it, where it would pile up else. */
type Write = (line: string) => void | Promise<void>;

/** Whether nothing is lost where its reader has gone away: who only looks has left then, as with q. */
export function mayLeave(call: Call, { found }: SessionOptions): boolean {
  return found === true && call.options.wait !== true;
}

/**
 * Ends of what we print: a reader that has gone away (`| head -1`) ends us quietly.
 * @param left who is told that the reader has left; where nobody is, it is an interruption
 */
export function writer(
  stream: NodeJS.WriteStream,
  call: Call,
  left?: AbortController,
  shown = (line: string) => line,
): Write {
  // A session that is begun anew listens once more, as often as somebody tries again.
  stream.setMaxListeners(0);
  // A terminal that hangs up breaks what is written, too: that is no impatient second Ctrl-C.
  stream.on('error', (error) => {
    if (left && 'code' in error && error.code === 'EPIPE') left.abort('left');
    else if (!call.io.signal.aborted) call.io.interrupt();
  });
  return (line) => {
    if (!stream.write(`${shown(line)}\n`) && !stream.destroyed) return caughtUp(stream, call);
  };
}

/** A reader that has gone away catches up no more; it ends us, and so does who does not want to wait. */
function caughtUp(stream: NodeJS.WriteStream, { io }: Call): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const name of ['drain', 'close', 'error']) stream.off(name, done);
      io.signal.removeEventListener('abort', done);
      resolve();
    };
    for (const name of ['drain', 'close', 'error']) stream.on(name, done);
    io.signal.addEventListener('abort', done);
  });
}

function jsonStage(call: Call, options: SessionOptions, answers: Answers): Stage {
  const left = new AbortController();
  const write = writer(call.io.stdout, call, mayLeave(call, options) ? left : undefined);
  return {
    operator: operatorOf(call, options, answers),
    feed: ({ type, time, ...rest }) => write(JSON.stringify({ type, time, ...rest })),
    left: left.signal,
    end: async () => undefined,
    close: async () => undefined,
  };
}

/** What was declined can be asked again, too; and all steps are seen, unless one comes from there and goes back anyway. */
export function choicesOf(view: View, { network, page }: SessionOptions, { only }: Answers): readonly After[] {
  const failures = view.steps.flatMap((step) => step.failures);
  const took = only.length > 0 ? only : members(network).map(({ name }) => name);
  const choices: readonly After[] =
    view.end?.exitCode === exit.declined && failures.length === 0
      ? ['again', 'edit']
      : choicesAfter(failures, took, network.flower.written.minClients ?? defaults.minClients);
  return choices.length > 0 && page === 'beside' ? [...choices, 'steps'] : choices;
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
  const flags = Object.fromEntries(options.steps.map((step) => [step.id, flagsOf(call.options, step.inputs)]));
  const command = call.command === 'wizard' ? 'fl-wizard' : `fl-wizard ${call.command}${flags[call.command] ?? ''}`;
  const shown = screen.session(options.title, command, {
    autopilot,
    flags,
    ...(options.leave ? { leave: options.leave } : options.page === 'before' ? { leave: 'q back, keeps running' } : {}),
    ...(options.page ? { steps: options.page } : {}),
    ...(options.known ? { known: options.known } : {}),
    ...(options.ends ? { ends: options.ends } : {}),
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
      ask: (question, withdrawn) =>
        autopilot ? plain.ask(question) : orAborted(shown.operator.ask(question, withdrawn), io.signal, { kind: 'no' }),
    },
    feed: (event) => shown.feed(event),
    view: () => shown.view(),
    planned: (_stages, commands) => shown.commands(commands),
    screen: shown,
    left: left.signal,
    async end(view) {
      const ended = view.end?.exitCode === exit.done;
      const stays = () => options.stay && !left.signal.aborted && !io.signal.aborted;
      // What the end tells takes seconds to find out: who has left does not wait for it.
      const held = options.ending ? pause(holdMilliseconds, AbortSignal.any([io.signal, left.signal])) : undefined;
      const demo = ended && stays() ? await options.ending?.(view) : undefined;
      await held;
      // Also where nobody stays: what is painted last is what remains above the prompt.
      const gone = left.signal.aborted || io.signal.aborted;
      const choices = options.choices && !ended && !gone ? choicesOf(view, options, answers) : [];
      const said = ended && !demo ? await footer(options, view, options.page !== undefined) : [];
      const seen = shown.finish({ footer: said, left: gone, ...(demo ? { demo } : {}), choices });
      const after = stays() ? await orAborted(seen, io.signal, 'leave') : undefined;
      if (after === undefined) await pause(paintMilliseconds, never);
      // What is gone on with, or looked at on the page of the steps, is not how things stand any more.
      const goesOn = after !== undefined && after !== 'leave' && after !== 'new';
      const leadsBack = goesOn || (options.page === 'before' && !io.signal.aborted);
      await screen.close(leadsBack ? 'nothing' : undefined);
      return after === 'leave' ? undefined : after;
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
