/**
 * Pictures of the screens for README.md, from real events: `node --import tsx scripts/screens.ts EVENTS.ndjson docs/`,
 * with `--size 100x30` for another terminal. EVENTS is what `fl-wizard demo --yes --json` prints, or a journal
 * (`.fl-wizard/runs/<run>/events.jsonl`); `--monitor FRAME` takes the live table as a terminal had it
 * (`tmux capture-pane -pe`), with all that hosts tell beside the events. What is drawn is what a terminal shows: the frame goes through one, and its
 * cells become text in an SVG without scripts or fonts from elsewhere.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import xterm from '@xterm/headless';
import { leftBehind } from '../source/demo/ending.ts';
import { parseNetwork } from '../source/network/read.ts';
import type { Event } from '../source/plan/event.ts';
import { emptyView, reduce, type View } from '../source/plan/reduce.ts';

// Ink asks chalk, and chalk asks the environment, when they are loaded: so they are loaded after this.
process.env.FORCE_COLOR = '1';
const { renderFrame } = await import('../source/ui/once.ts');
const { renderDemoEnd } = await import('../source/ui/demo-end.tsx');

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '100x30' },
    demo: { type: 'string' },
    network: { type: 'string' },
    monitor: { type: 'string' },
  },
});
const [eventsFile, folder = 'docs'] = positionals;
if (!eventsFile) {
  console.error('usage: screens.ts EVENTS.ndjson [FOLDER] [--size COLSxROWS] [--demo FACTS.json]');
  process.exit(2);
}
const [columns = 100, rows = 30] = values.size.split('x').map(Number);

const events = readFileSync(eventsFile, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('{'))
  .map((line) => JSON.parse(line) as Event);
const view = events.reduce(reduce, emptyView);

/** The events up to the last moment at which a round was under way: a table that is alive. */
function lastTraining(all: readonly Event[]): readonly Event[] {
  const at = all.findLastIndex((event) => event.type === 'phase-changed' && event.phase === 'fit');
  const answered = all.findIndex((event, own) => own > at && event.type === 'client-changed' && event.state === 'idle');
  return at < 0 ? all : all.slice(0, Math.max(at, answered) + 1);
}

/** Hosts as fl-network.yaml names them; without it, the column stays empty. */
const hosts: Record<string, string> = values.network
  ? Object.fromEntries(
      parseNetwork(readFileSync(values.network, 'utf8'), values.network).clients.map(({ name, ssh }) => [
        name,
        `${ssh.host}:${ssh.port ?? 22}`,
      ]),
    )
  : {};

function monitorFrame(shown: readonly Event[]): string {
  const now = new Date(shown.at(-1)?.time ?? 0);
  // The picture is of a moment before the proof by verify may have come; it shows the one there was.
  const own: View = { ...shown.reduce(reduce, emptyView) };
  return renderFrame(own, { columns, rows, now, hosts, network: 'demo', colors: true, unicode: true });
}

function demoFacts(own: View) {
  const from = new Date(events[0]?.time ?? 0).getTime();
  const to = new Date(events.at(-1)?.time ?? 0).getTime();
  const written = values.demo ? JSON.parse(readFileSync(values.demo, 'utf8')) : {};
  return {
    view: own,
    directory: './fl-demo',
    kept: true,
    seconds: (to - from) / 1000,
    hosts: own.run.clients.length + 1,
    ...leftBehind(own, own.run.clients.length, true),
    ...written,
  };
}

/** Lets a terminal show the frame, and writes its cells as an SVG. */
async function picture(name: string, frame: string, height: number, width = columns): Promise<void> {
  const lines = frame.replace(/\n$/, '').split('\n');
  const terminal = new xterm.Terminal({
    cols: width,
    rows: Math.max(height, lines.length),
    allowProposedApi: true,
    convertEol: true,
  });
  await new Promise<void>((resolve) => terminal.write(lines.join('\n'), resolve));
  const path = join(folder, name);
  writeFileSync(path, svg(terminal, Math.max(1, lines.length)));
  console.log(path);
}

type Run = { readonly x: number; readonly width: number; readonly text: string; readonly style: string };

/** Colors of a dark terminal, by the number that the program gave (ECMA-48: black to white). */
const palette = ['#484f58', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#d2a8ff', '#56d4dd', '#c9d1d9'] as const;
const cell = { width: 8.4, height: 18, font: 14, margin: 14 } as const;

function svg(terminal: xterm.Terminal, count: number): string {
  const width = terminal.cols * cell.width + 2 * cell.margin;
  const height = count * cell.height + 2 * cell.margin;
  const texts = Array.from({ length: count }, (_, row) =>
    runsOf(terminal, row)
      .filter((run) => run.text.trim())
      .map((run) => element(run, row))
      .join(''),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(1)} ${height}" width="${width.toFixed(0)}">`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${cell.font}" fill="#c9d1d9" xml:space="preserve">`,
    ...texts.filter(Boolean),
    '</g></svg>',
    '',
  ].join('\n');
}

function element({ x, width, text, style }: Run, row: number): string {
  const left = (cell.margin + x * cell.width).toFixed(1);
  const base = (cell.margin + (row + 0.75) * cell.height).toFixed(1);
  // textLength holds the columns, whatever monospaced font the reader has.
  const length = (width * cell.width).toFixed(1);
  return `<text x="${left}" y="${base}" textLength="${length}" lengthAdjust="spacingAndGlyphs"${style}>${escaped(text)}</text>`;
}

/** Neighbors that look the same, as one text; spaces between words end one, so that columns stay where they are. */
function runsOf(terminal: xterm.Terminal, row: number): readonly Run[] {
  const line = terminal.buffer.active.getLine(row);
  const runs: Run[] = [];
  for (let x = 0; line && x < terminal.cols; x += 1) {
    const at = line.getCell(x);
    const width = at?.getWidth() ?? 1;
    if (!at || width === 0) continue;
    const style = styleOf(at);
    const text = at.getChars() || ' ';
    const last = runs.at(-1);
    if (last && last.style === style && last.x + last.width === x && !(text === ' ' && last.text.endsWith(' ')))
      runs[runs.length - 1] = { ...last, width: last.width + width, text: last.text + text };
    else runs.push({ x, width, text, style });
  }
  return runs.map(trimmed);
}

/** Without spaces at its ends, which an SVG reader may drop. */
function trimmed(run: Run): Run {
  const text = run.text.trim();
  const before = run.text.length - run.text.trimStart().length;
  return { ...run, text, x: run.x + before, width: run.width - (run.text.length - text.length) };
}

function styleOf(at: xterm.IBufferCell): string {
  const color = at.isFgPalette() ? palette[at.getFgColor() % 8] : undefined;
  return [
    color ? ` fill="${color}"` : '',
    at.isBold() ? ' font-weight="bold"' : '',
    at.isDim() ? ' opacity="0.6"' : '',
  ].join('');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

mkdirSync(folder, { recursive: true });
const live = values.monitor ? readFileSync(values.monitor, 'utf8') : monitorFrame(lastTraining(events));
await picture('monitor.svg', live, rows);
await picture('demo.svg', renderDemoEnd(demoFacts(view), { columns: 80, colors: true }), 24, 80);
