/** The page of a demo's run, in the folder that stays. */
import { UserError } from '../plan/failure.ts';
import type { View } from '../plan/reduce.ts';
import { inert } from '../ui/inert.ts';
import type { Call } from './context.ts';

/** While its hosts still answer. The demo has done its work without it, too. @returns whether it is there */
export async function keepReport(call: Call, directory: string, { run }: View): Promise<boolean> {
  if (call.io.signal.aborted) return false;
  const { writePage } = await import('./report.ts');
  const { file: _, only: __, ...common } = call.common;
  try {
    // A run that failed before it was watched is the newest there is.
    await writePage({ ...call, common: { ...common, directory } }, run.id);
    return true;
  } catch (error) {
    if (call.io.signal.aborted) return false;
    if (!(error instanceof UserError)) throw error;
    // There may have been none.
    if (run.id !== undefined) call.io.stderr.write(`${inert(`No report was written: ${error.failure.why}`)}\n`);
    return false;
  }
}
