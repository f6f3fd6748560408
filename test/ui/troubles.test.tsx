/** Each state of trouble as a person sees it: what, why, what to try, and what can be done about it, at every size. */
import { renderToString } from 'ink';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import type { Size } from '../../source/ui/line.ts';
import { ModelScreen } from '../../source/ui/model-screen.tsx';
import { SessionModel } from '../../source/ui/session.ts';
import { choiceKeys } from '../../source/ui/session-keys.ts';
import { sessionLines } from '../../source/ui/session-lines.ts';
import { start } from './events.ts';
import { type Trouble, troubles } from './troubles.ts';

type Look = { readonly columns: number; readonly rows: number; readonly colors?: boolean; readonly unicode?: boolean };

function ended({ events, choices, footer }: Trouble) {
  let size: Size = { columns: 80, rows: 24 };
  const model = new SessionModel(
    'xray',
    'fl-wizard up',
    {},
    {
      interactive: true,
      now: () => start,
      size: () => size,
    },
  );
  for (const event of events) model.feed(event);
  const after = model.finish({ footer, choices });
  const shown = ({ columns, rows, colors = false, unicode = true }: Look) => {
    size = { columns, rows };
    return renderToString(
      <ModelScreen
        store={model.store}
        draw={sessionLines}
        columns={columns}
        rows={rows}
        colors={colors}
        unicode={unicode}
      />,
      {
        columns,
      },
    );
  };
  return { model, after, shown };
}

/** Words alone: without frames, signs and line breaks. */
const words = (text: string) => text.replace(/[│┌┐└┘─\s]+/g, '');

/** All that is come by with ↓, each line once, as one text. */
function scrolledThrough({ model, shown }: ReturnType<typeof ended>, size: Look): string {
  const lines: string[] = [];
  for (let last = ''; ; model.key({ name: 'down' })) {
    const now = shown(size);
    if (now === last) return words(lines.join('\n'));
    last = now;
    // What scrolls stands between the rail and the note: a line that comes in at its end is the new one.
    const seen = now.split('\n');
    const note = seen.findIndex((line) => /lines: .*(above|below)/.test(line));
    lines.push(...(lines.length === 0 ? seen.filter((_, at) => note < 0 || at < note) : seen.slice(note - 1, note)));
  }
}

describe.each([
  [120, 40],
  [80, 24],
  [40, 12],
] as const)('trouble at %dx%d', (columns, rows) => {
  const size = { columns, rows };

  it('has its pictures', async () => {
    const pictures = troubles.map((trouble) => {
      const { shown, model } = ended(trouble);
      const frame = shown(size);
      model.stop();
      return `==== ${trouble.name}\n${frame.replace(/ +$/gm, '')}\n`;
    });
    await expect(pictures.join('\n')).toMatchFileSnapshot(`frames/troubles-${columns}x${rows}.txt`);
  });

  it.each(troubles)('$name: says what, why and what to try; all choices are there from the first', (trouble) => {
    const end = ended(trouble);
    const first = end.shown(size);
    expect(first.split('\n').length).toBeLessThanOrEqual(rows);
    for (const line of first.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
    for (const choice of trouble.choices)
      expect(first).toMatch(new RegExp(`\\b${choiceKeys[choice]}  ?\\w{4}.*(\\n.*)*\\bq  ?leave`));
    if (trouble.choices.length === 0) expect(first).toContain('enter leave');
    const all = scrolledThrough(end, size);
    for (const { doing, why, hint = '', said = [], byHand = '' } of trouble.failures)
      for (const text of [
        ...(trouble.failures.length === 1 ? [doing] : []),
        `Why  ${why}`,
        hint && `Try  ${hint}`,
        byHand && `Run  ${byHand}`,
        said.at(-1) ?? '',
      ])
        expect(all).toContain(words(text));
    if (trouble.choices.includes('again'))
      expect(words(first) + all).toContain(
        words(`t  try again: what ${trouble.name === 'client-hangs' ? 'runs' : 'is done'} stays`),
      );
    end.model.stop();
  });

  it.each(troubles)('$name: says the same with colors, without, and with ASCII alone', (trouble) => {
    const { shown, model } = ended(trouble);
    const plain = shown(size);
    expect(plain).not.toContain('\x1b');
    const colored = shown({ ...size, colors: true });
    expect(colored.replace(/\x1b\[[\d;]*m/g, '').replace(/ +$/gm, '')).toBe(plain.replace(/ +$/gm, ''));
    if (trouble.failures.length > 0) expect(colored).toMatch(/\x1b\[31m/);
    expect(shown({ ...size, unicode: false })).toMatch(/^[ -~\n]*$/);
    model.stop();
  });
});

describe('the log of what failed', () => {
  const found = troubles.find(({ name }) => name === 'deploy-failed-at-one');
  if (!found) throw new Error('a trouble with a log');

  it.each([
    [120, 40],
    [80, 24],
    [40, 12],
  ] as const)(
    'is shown by l at %dx%d, who failed first; l and esc lead back, and nothing is chosen there',
    async (columns, rows) => {
      const { model, shown, after } = ended(found);
      const size = { columns, rows };
      const before = shown(size);
      expect(before).toMatch(/\bl {1,2}(log|show what was printed)/);
      const type = (text: string) => model.key({ name: 'text', text });
      type('l');
      expect(words(shown(size))).toContain(words('ERROR: No matching distribution').slice(0, columns - 10));
      expect(shown(size)).toMatch(/✗ hosp-b/);
      expect(shown(size)).toMatch(/l back {2,3}↑↓ host {2,3}q leave/);
      for (const key of ['t', 'o', 'w', 'e']) type(key);
      model.key({ name: 'enter' });
      model.key({ name: 'down' });
      expect(shown(size)).toContain('Collecting flwr==1.41.0');
      model.key({ name: 'escape' });
      type('l');
      type('l');
      expect(shown(size)).toContain('✗ Making the Python environment on');
      type('t');
      expect(await after).toBe('again');
      model.stop();
    },
  );

  it('is offered only where something was printed', () => {
    const { shown, model } = ended(troubles[0] ?? found);
    const before = shown({ columns: 80, rows: 24 });
    expect(before).not.toContain('printed');
    model.key({ name: 'text', text: 'l' });
    expect(shown({ columns: 80, rows: 24 })).toBe(before);
    model.stop();
  });
});

it('where something is to be chosen, nothing is chosen by Enter, Esc or a paste', async () => {
  const { model, after } = ended(troubles[0] as Trouble);
  for (const key of [{ name: 'enter' }, { name: 'escape' }, { name: 'paste', lines: ['t', 'q'] }] as const)
    model.key(key);
  model.key({ name: 'text', text: 'e' });
  expect(await after).toBe('edit');
  model.stop();
});

it('what stays on the terminal after a choice offers nothing any more', async () => {
  const { model, shown, after } = ended(troubles[0] as Trouble);
  model.key({ name: 'text', text: 'q' });
  expect(await after).toBe('leave');
  expect(shown({ columns: 80, rows: 40 })).not.toMatch(/What now|t again/);
  model.stop();
});
