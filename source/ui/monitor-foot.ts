/** What stands below the live table: what came of the session, and the keys. Pure. */
import { hasFaults } from './client-order.ts';
import { failureCards } from './failure-lines.ts';
import { type Line, span, textLine } from './line.ts';
import type { MonitorFacts } from './monitor-lines.ts';
import { tableFoot } from './table-foot.ts';
import { firstTable } from './table-state.ts';
import { cut } from './width.ts';

export const usualLeave = 'q leave, keeps running';

export function footOf(facts: MonitorFacts, rows: number): readonly Line[] {
  const { state = firstTable, leave = usualLeave, hands = false } = facts;
  const { columns, view, ends = '' } = facts;
  const clients = view.run.clients.length;
  const keys = tableFoot({ state, leave, ends, hands, columns, clients, faulty: hasFaults(view.run) });
  return [...(state.pane === 'help' ? [] : endLines(facts, columns, rows)), keys];
}

/** What came of it, below the table; in a low terminal what there is to be read, since `?` tells it in full. */
function endLines({ footer = [], failures = [] }: MonitorFacts, columns: number, rows: number): readonly Line[] {
  const told = footer.slice(0, 6).map((text) => textLine(` ${text}`));
  // Half of a screen at most is for what went wrong: the other half shows with what.
  const lines = [...failureCards(failures, columns, Math.floor(rows / 2)), ...told];
  if (rows >= lowRows || lines.length === 0) return lines;
  const [first] = failures;
  if (first) return [textLine(cut(` ✗ ${first.why}`, columns - 14), 'bad').concat(span('  ? tells all', 'dim'))];
  return lines.length === 1 ? lines : [textLine(' ? tells what comes next', 'accent')];
}

/** With fewer rows there is a line for what came of it. */
const lowRows = 16;
