/** What is painted over what stood there is what would be painted on an empty screen, for a fraction of the bytes. */
import { EventEmitter } from 'node:events';
import xterm from '@xterm/headless';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { styled } from '../../source/ui/lines.tsx';
import { Painter } from '../../source/ui/paint.ts';
import { styles, type Tone } from '../../source/ui/theme.ts';

const [columns, rows] = [20, 3];

/** The characters of a terminal with their looks, after frames were painted. */
async function shown(frames: readonly string[], marked = false): Promise<readonly string[]> {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const stdout = Object.assign(new EventEmitter(), { columns, rows, write: (text: string) => terminal.write(text) });
  const painter = new Painter(stdout as unknown as NodeJS.WriteStream);
  painter.enter();
  for (const frame of frames) {
    painter.write(marked ? painter.easel.put(frame.split('\n')) : frame);
  }
  await new Promise<void>((resolve) => terminal.write('', resolve));
  const { active } = terminal.buffer;
  return Array.from({ length: rows * columns }, (_, at) => {
    const cell = active.getLine(Math.floor(at / columns))?.getCell(at % columns);
    return cell ? [cell.getChars() || ' ', cell.getFgColor(), cell.isBold(), cell.isDim()].join(' ') : '';
  });
}

const tone = fc.constantFrom(...(Object.keys(styles) as Tone[]));
/** Also what a terminal may take for wider than we do. */
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', ' ', '7'), maxLength: 8 }) },
  { weight: 1, arbitrary: fc.constantFrom('●', '──', 'é') },
);
const span = fc.tuple(text, tone).map(([each, own]) => styled(each, own));
const line = fc.array(span, { maxLength: 4 }).map((spans) => {
  const plain = spans.join('').replace(/\x1b\[[\d;]*m/g, '');
  // The first line of a frame has one more; screens never paint a line that is wider than the terminal.
  return plain.length > columns - 1 ? 'a'.repeat(columns - 1) : spans.join('');
});
// A frame of nothing is none.
const frame = fc
  .tuple(line, fc.array(line, { maxLength: rows - 1 }))
  .map(([one, more]) => [`x${one}`, ...more].join('\n'));

describe('a frame', () => {
  it('painted over others is as on an empty screen, marked or not', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 4 }), fc.boolean(), async (frames, marked) => {
        expect(await shown(frames, marked)).toEqual(await shown(frames.slice(-1)));
      }),
      { numRuns: 300 },
    );
  });

  it('in which a number changes costs a few bytes', () => {
    const written: string[] = [];
    const stdout = { columns: 120, rows: 40, write: (each: string) => written.push(each) };
    const painter = new Painter(stdout as unknown as NodeJS.WriteStream);
    painter.enter();
    const row = (loss: string) => `${styled('client1', 'strong')}  ${styled('training', 'good')}   1,200   ${loss}`;
    painter.write(row('0.4123'));
    written.length = 0;
    painter.write(row('0.4187'));
    expect(written).toEqual(['\x1b[?2026h\x1b[1;33H87\x1b[?2026l']);
  });
});
