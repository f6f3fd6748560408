/** A session line by line: heard in a terminal, as a log everywhere else. */
import { HeardReader } from '../headless/heard.ts';
import { sentence, who } from '../headless/heard-texts.ts';
import type { More } from '../headless/more.ts';
import { asciiSymbols, failuresLines, PlainReader, unicodeSymbols } from '../headless/plain.ts';
import { groupsOf, here, numbered, type Stage as PlanStage } from '../plan/action.ts';
import type { After } from '../plan/after.ts';
import type { Event } from '../plan/event.ts';
import { exit } from '../plan/failure.ts';
import type { View } from '../plan/reduce.ts';
import type { Answers, Operator } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import { inert } from '../ui/inert.ts';
import { plainSigns } from '../ui/theme.ts';
import { type Call, interactive, unicode } from './context.ts';
import { footer } from './footer.ts';
import { choicesOf, mayLeave, operatorOf, type SessionOptions, type Stage, writer } from './stage.ts';

/** The operator who asks line by line, where somebody is there to be asked. */
export async function askingOperator(call: Call, answers: Answers, more?: More): Promise<Operator | undefined> {
  if (!interactive(call)) return undefined;
  const { lineOperator } = await import('../headless/line-operator.ts');
  return lineOperator({ answers, ...lineEnds(call), more });
}

/** Where lines are asked for and read. */
function lineEnds({ io }: Call) {
  return { input: io.stdin, output: io.stderr, signal: io.signal, interrupt: io.interrupt };
}

/** The choices of the screen's end, line by line, where somebody is there to be asked. */
async function chosenInLines(
  call: Call,
  options: SessionOptions,
  answers: Answers,
  view: View,
  more: More | undefined,
): Promise<After | undefined> {
  const choices = options.choices && interactive(call) ? choicesOf(view, options, answers) : [];
  if (choices.length === 0 || call.io.signal.aborted) return undefined;
  const [{ chooseAfter }, { choiceTexts }, { tell }, { servesBeside, servesText }] = await Promise.all([
    import('../headless/line-choice.ts'),
    import('../ui/end-pane.ts'),
    import('../headless/line-ask.ts'),
    import('../ui/serves-beside.ts'),
  ]);
  const goesOn = servesBeside(view);
  if (goesOn) tell(lineEnds(call), [servesText(goesOn, undefined)]);
  return chooseAfter(
    lineEnds(call),
    choices,
    choiceTexts(
      view.steps.flatMap((step) => step.failures),
      goesOn,
    ),
    more,
  );
}

/** Somebody reads along in a terminal; else the lines are a log, which is looked at later and searched. */
function heardBy(call: Call, options: SessionOptions): HeardReader | undefined {
  const { io, common } = call;
  if ((options.found ? io.stdout : io.stderr).isTTY !== true) return undefined;
  const asks = interactive(call) && !options.autopilot && !options.found && !common.dryRun && !common.showCommands;
  return new HeardReader({ asks, whole: !asks && !options.autopilot });
}

function silentLines(event: Event): readonly string[] {
  return event.type === 'step-finished' ? failuresLines(event.failures ?? []) : [];
}

/** How files change, and at which hosts that are not this machine. */
type Change = { readonly hosts: readonly string[]; readonly lines: readonly string[] };

function changesOf(stages: readonly PlanStage[]): readonly Change[] {
  return groupsOf(stages).flatMap(({ lanes, actions }) => {
    const lines = actions.flatMap(({ diff }) => diff ?? []);
    return lines.length > 0 ? [{ hosts: lanes.filter((lane) => lane !== here), lines }] : [];
  });
}

export async function plainStage(call: Call, options: SessionOptions, answers: Answers): Promise<Stage> {
  const heard = options.silent ? undefined : heardBy(call, options);
  const reader = heard ?? new PlainReader(unicode(call) ? unicodeSymbols : asciiSymbols);
  const shown = (line: string) => (unicode(call) ? line : plainSigns(line));
  const left = new AbortController();
  const write = writer(call.io.stderr, call, undefined, shown);
  const tell = writer(call.io.stdout, call, mayLeave(call, options) ? left : undefined, shown);
  const asking = options.autopilot ? undefined : await askingOperator(call, answers, heard?.more);
  return {
    operator: asking ?? operatorOf(call, options, answers),
    feed: async (event) => {
      const failed = event.type === 'step-finished' && event.failures !== undefined;
      const lines = options.silent ? silentLines(event) : reader.read(event);
      for (const line of lines) await (options.found && !failed ? tell : write)(line);
    },
    planned: (stages, commands) => {
      if (options.silent) return;
      const changes = changesOf(stages);
      const lines = async () => {
        const of = await commands();
        return numbered(stages).flatMap(({ action }) => of(action));
      };
      const diff = changes.flatMap((each) => [...(each.hosts.length > 0 ? [who(each.hosts, ':')] : []), ...each.lines]);
      heard?.more.planned({ diff, commands: lines });
      // What a file becomes is to be seen before it is approved, as on the screen; who can ask for it, asks.
      if (heard?.leavesOut) return;
      for (const each of changes) {
        if (each.hosts.length > 0) write(inert(`    ${list(each.hosts)}:`));
        for (const line of each.lines) write(inert(`      ${line}`));
      }
    },
    left: left.signal,
    async end(view) {
      if (left.signal.aborted) return undefined;
      if (view.end?.exitCode !== exit.done) return chosenInLines(call, options, answers, view, heard?.more);
      const lines = options.ending
        ? await ended(options.ending, view)
        : options.silent
          ? []
          : await footer(options, view, options.page === 'before');
      for (const line of lines) write(heard ? sentence(line) : line);
      return undefined;
    },
    close: async () => undefined,
  };
}

async function ended(ending: NonNullable<SessionOptions['ending']>, view: View): Promise<readonly string[]> {
  const { demoTexts } = await import('../headless/demo-texts.ts');
  return demoTexts(await ending(view));
}
