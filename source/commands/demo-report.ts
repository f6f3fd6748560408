/** The page of a demo's run, in the folder that stays. */
import { exit, UserError } from '../plan/failure.ts';
import type { View } from '../plan/reduce.ts';
import { inert } from '../ui/inert.ts';
import type { Call } from './context.ts';

/** While its hosts still answer. The demo has done its work without it, too. */
export async function keepReport(call: Call, directory: string, { run, end }: View): Promise<void> {
  if (run.id === undefined || end?.exitCode !== exit.done) return;
  const { writePage } = await import('./report.ts');
  const { file: _, only: __, ...common } = call.common;
  await writePage({ ...call, common: { ...common, directory } }, run.id).catch((error: unknown) => {
    if (!(error instanceof UserError) || call.io.signal.aborted) throw error;
    call.io.stderr.write(`${inert(`No report was written: ${error.failure.why}`)}\n`);
  });
}
