/** The first screen and the questions, line by line. */
import { type Before, LineScreen } from '../headless/line-screen.ts';
import { lineSource } from '../headless/line-source.ts';
import { plainSigns } from '../ui/theme.ts';
import { type Call, unicode } from './context.ts';
import { projectOf } from './folder.ts';

export function linesFor(call: Call): Before {
  const { stdin, stderr } = call.io;
  return new LineScreen({
    version: call.version,
    directory: projectOf(call).directory,
    source: lineSource(stdin),
    // As the steps that follow: what a script would want of stdout is none of it.
    write: (text) => void stderr.write(unicode(call) ? text : plainSigns(text)),
  });
}
