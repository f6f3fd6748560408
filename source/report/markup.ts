/**
 * Pages to be handed on: one file, no script, nothing from elsewhere, readable in the dark and printed in black and white.
 * Others' words are in them, so nothing gets in but through `html`, which escapes it. Pure.
 */
import { inert } from '../ui/inert.ts';

/** Markup that was made here. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Part = string | number | Markup | readonly Markup[] | undefined;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function shown(part: Part): string {
  if (part instanceof Markup) return part.text;
  if (Array.isArray(part)) return part.map(shown).join('');
  return inert(String(part ?? '')).replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
}

export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((text, at) => text + (at < parts.length ? shown(parts[at]) : '')).join(''));
}

/** What all pages look like. Colors have names, so that a screen may be dark; paper is white. */
const style = `
:root { color-scheme: light; --ink: #000; --paper: #fff; --soft: #444; --rule: #888; --faint: #d5d5d5; --head: #eee; }
@media screen and (prefers-color-scheme: dark) {
:root { color-scheme: dark; --ink: #e8e8e8; --paper: #16181b; --soft: #b0b3b8; --rule: #6a6e75; --faint: #3a3d42; --head: #25282d; }
}
body { font: 10pt/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2em; }
h1 { font-size: 16pt; } h2 { font-size: 12pt; margin-top: 1.8em; break-after: avoid; }
.verdict { border: 2px solid var(--ink); padding: .6em .9em; font-weight: 600; }
table { border-collapse: collapse; width: 100%; } thead { display: table-header-group; }
th, td { border: 1px solid var(--rule); padding: .3em .45em; text-align: left; vertical-align: top; }
th { background: var(--head); } tr { break-inside: avoid; }
code { overflow-wrap: anywhere; font: 8pt/1.35 ui-monospace, monospace; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1em .9em; margin: 0; } dd { margin: 0; }
dt { font-weight: 600; } .wide { overflow-x: auto; }
@media (max-width: 45em) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .3em; } }
@page { size: A4 landscape; margin: 12mm; }
@media print { body { margin: 0; font-size: 8.5pt; } code { font-size: 6.5pt; } .wide { overflow: visible; } }
`;

export const code = (text: string | undefined) => (text === undefined ? html`not seen` : html`<code>${text}</code>`);

export function pairs(entries: readonly (readonly [string, Part])[]): Markup {
  return html`<dl>${entries.map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>
`,
  )}</dl>`;
}

type Title = string | { readonly title: string; readonly kind?: string };

/** @param bodies whole `tbody` elements */
export function table(titles: readonly Title[], bodies: readonly Markup[]): Markup {
  const heads = titles.map((each) =>
    typeof each === 'string'
      ? html`<th scope="col">${each}</th>`
      : html`<th scope="col" class="${each.kind}">${each.title}</th>`,
  );
  return html`<div class="wide"><table><thead><tr>${heads}</tr></thead>
${bodies}</table></div>`;
}

export const rows = (all: readonly Markup[]) => [html`<tbody>${all}</tbody>`];

/** A whole page. @param own style of this kind of page */
export function page(title: string, own: string, body: Markup): string {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title><style>${new Markup(style + own)}</style></head><body>
<h1>${title}</h1>
${body}</body></html>
`.text;
}
