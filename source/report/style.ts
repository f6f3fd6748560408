/** What the page of a run looks like beyond what all pages do. */

/** Okabe and Ito's colors, which most people tell apart, darker where they would be too light on paper. */
const lines = ['#0072b2', '#c05000', '#007a5a', '#a8417f', '#8a6d00', '#2f7fb5', '#555555', '#000000'];
const linesInTheDark = ['#56b4e9', '#ff9a4d', '#35c795', '#e79ac8', '#f0e442', '#9ad0f5', '#b0b3b8', '#ffffff'];

const named = (colors: readonly string[]) =>
  `${colors.map((color, at) => `--line${at}: ${color};`).join(' ')} --line: ${colors[0]};`;

/** Told apart in gray, too: a line is solid, dashed or dotted before a color comes again. */
const dashes = ['solid', 'dashed', 'dotted'] as const;
export const dashOf = (at: number) => dashes[at % dashes.length] ?? 'solid';

/** A dash of each kind in front of a name, as its line in the chart has it. */
const keys = lines.map((_, at) => `.key${at}::before { border-top: 2px ${dashOf(at)} var(--line${at}); }`).join('\n');

export const reportStyle = `
:root { ${named(lines)} --wrong: #a40000; --best: #e8f3ea; }
@media screen and (prefers-color-scheme: dark) { :root { ${named(linesInTheDark)} --wrong: #ff8a80; --best: #1f3327; } }
body { max-width: 1200px; margin: 2em auto; padding: 0 1.5em; }
.failed { border-color: var(--wrong); } .wrong { color: var(--wrong); font-weight: 600; }
.figures { display: flex; flex-wrap: wrap; gap: .8em; margin: 1.2em 0; padding: 0; list-style: none; }
.figures li { border: 1px solid var(--faint); border-radius: .3em; padding: .5em .9em; min-width: 6.5em; }
.figures b { display: block; font-size: 14pt; line-height: 1.25; } .figures span, .note, figcaption small { color: var(--soft); }
.charts { display: grid; grid-template-columns: 1fr 1fr; gap: 1.2em; }
figure { margin: 0; break-inside: avoid; min-width: 0; } figcaption { font-weight: 600; overflow-wrap: anywhere; }
figure svg { width: 100%; height: auto; display: block; } svg text { font: 11px system-ui, sans-serif; }
.keys { list-style: none; padding: 0; margin: .2em 0 0; display: flex; flex-wrap: wrap; gap: .1em 1.1em; font-size: 9pt; }
.keys li::before { content: ""; display: inline-block; width: 2em; margin-right: .4em; vertical-align: middle; }
${keys}
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } td.t { white-space: nowrap; }
td code { font-size: 7.5pt; } td.said { overflow-wrap: anywhere; } tr.best td { background: var(--best); font-weight: 600; }
td.gap { text-align: center; color: var(--soft); font-style: italic; }
footer { margin-top: 2.5em; border-top: 1px solid var(--faint); padding-top: .6em; color: var(--soft); font-size: 9pt; }
.settings dt { font-weight: 400; color: var(--soft); } .settings dd { overflow-wrap: anywhere; }
@media (max-width: 45em) { .charts { grid-template-columns: 1fr; } }
@media print { body { max-width: none; margin: 0; padding: 0; } .figures li { padding: .3em .6em; } }
`;
