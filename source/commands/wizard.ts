/** The wizard's first screen, and what is chosen there. Loads no more than that screen needs: it is there at once. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Before } from '../headless/line-screen.ts';
import { type ExitCode, exit } from '../plan/failure.ts';
import type { WelcomeFacts } from '../ui/screen.tsx';
import { readLocal } from '../world/files.ts';
import { type Call, colors, hasScreen, interactive, orAborted, unicode } from './context.ts';
import { projectOf } from './folder.ts';
import { type Found, keptIn } from './kept.ts';
import { say } from './say.ts';

/** A screen, or the same line by line where there is none. */
export async function screenFor(call: Call): Promise<Before> {
  if (!hasScreen(call)) return (await import('./lines.ts')).linesFor(call);
  const { openScreen } = await import('../ui/screen.tsx');
  return openScreen({
    version: call.version,
    directory: projectOf(call).directory,
    stdin: call.io.stdin,
    stdout: call.io.stdout,
    colors: colors(call),
    unicode: unicode(call),
    interrupt: call.io.interrupt,
  });
}

export async function wizard(call: Call): Promise<ExitCode> {
  if (!interactive(call)) {
    const { missing, required } = await import('./project.ts');
    throw missing(required, 'Starting the wizard without a terminal');
  }
  for (;;) {
    const ended = await chosen(call);
    if (ended !== 'back') return ended;
  }
}

/** The first screen, and what was chosen there. */
async function chosen(call: Call): Promise<ExitCode | 'back'> {
  const screen = await screenFor(call);
  let choice: Awaited<ReturnType<Before['welcome']>>;
  let left: string | undefined;
  try {
    const isNew = (await readLocal(projectOf(call).file)) === undefined;
    const shown = screen.welcome(...(await factsOf(call, isNew)));
    choice = await orAborted(shown, call.io.signal, 'quit');
    if (choice === 'setup' || choice === 'start' || choice === 'resume') {
      const { written, note, back } = await (await import('./guide.ts')).setUp(call, screen, choice);
      if (back && !call.io.signal.aborted) return 'back';
      if (!written) {
        left = note;
        choice = 'quit';
      }
    }
  } finally {
    await screen.close();
  }
  if (left) await say(call, [left]);
  if (call.io.signal.aborted || choice === 'quit') return exit.done;
  if (choice === 'choose') return (await import('./steps-page.ts')).stepsPage(call);
  if (choice === 'demo') return (await import('./demo.ts')).demo(call, { clients: 2, rounds: 3 });
  const { exitCode, toSteps, visit } = await (await import('./guide.ts')).allSteps(call, choice === 'monitor');
  return toSteps ? (await import('./steps-page.ts')).stepsPage(call, visit) : exitCode;
}

/** What the first screen shows at once, and what comes to it: answers that are kept stand first from the beginning. */
async function factsOf(call: Call, isNew: boolean): Promise<[WelcomeFacts, Promise<WelcomeFacts>]> {
  const found = isNew ? await keptIn(projectOf(call).directory) : undefined;
  const half = found ? await halfDone(found) : {};
  // What reads a network is loaded while somebody reads the screen.
  const later = pause(0)
    .then(() => import('./welcome-facts.ts'))
    .then(({ welcomeFacts }) => welcomeFacts(call))
    .then((facts) => (facts.state === 'empty' ? { ...facts, ...half } : facts));
  return [{ state: isNew ? 'empty' : 'network', found: [], ...half }, later];
}

async function halfDone(found: Found): Promise<Partial<WelcomeFacts>> {
  if (!found.answers) return { note: found.unreadable };
  const [{ fields }, { since }] = await Promise.all([import('../ui/fields.ts'), import('../ui/format.ts')]);
  const { answered } = found.answers.stopped;
  return { state: 'half', answers: `${answered} of ${fields.length}, ${since(found.when, new Date())}` };
}
