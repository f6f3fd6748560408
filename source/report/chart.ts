/**
 * Charts as SVG text, drawn without a browser. Only numbers go in: names stand around it, in HTML. Colors are the page's
 * (`currentColor` and variables), so that one drawing does for a dark screen and for paper.
 */
import { LineChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Point } from '../flower/bounded.ts';
import { dashOf } from './style.ts';

use([LineChart, GridComponent, SVGRenderer]);

/** Half of a page is as wide; the browser stretches it. Pixels. */
const size = { width: 560, height: 210 };

/** Up to so many rounds each has a dot: a line of one point alone would not be seen. */
const dotted = 30;
/** Beyond so many points a thick line would fill the space between its own peaks. */
const crowded = 300;

const quiet = { lineStyle: { color: 'currentColor', opacity: 0.5 } };
const label = { color: 'currentColor', fontSize: 11, hideOverlap: true };

/** Neighbors on an axis differ in their last digits: nothing is rounded away, and no zeros stand behind. */
function tick(value: number): string {
  const large = value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4);
  return value.toLocaleString('en-US', { maximumSignificantDigits: 6, notation: large ? 'scientific' : 'standard' });
}

function lineOf(data: readonly Point[], at: number, alone: boolean): object {
  const color = alone ? 'var(--line)' : `var(--line${at})`;
  return {
    type: 'line',
    data: data.map(([round, value]) => [round, value]),
    silent: true,
    // Nothing is zoomed: without it no part has an id, which would have to differ from those of other charts.
    clip: false,
    emphasis: { disabled: true },
    showSymbol: data.length <= dotted,
    symbol: 'circle',
    symbolSize: alone ? 5 : 4,
    itemStyle: { color },
    lineStyle: { color, width: data.length > crowded ? 1 : alone ? 2 : 1.5, type: alone ? 'solid' : dashOf(at) },
  };
}

type Span = { readonly low: number; readonly high: number };

/** Not by `Math.min(...all)`: thousands are too many arguments. */
function spanOf(all: readonly number[]): Span {
  const [first = 0] = all;
  return all.reduce(({ low, high }, each) => ({ low: Math.min(low, each), high: Math.max(high, each) }), {
    low: first,
    high: first,
  });
}

/** echarts rounds to 20 digits behind the point: a span below these has no marks. */
const nothing = 1e-15;

/** Values that differ in nothing but rounding are one, and so are those next to zero: between them no axis has marks. */
function isOne({ low, high }: Span): boolean {
  return high - low <= Math.max(Math.abs(low), Math.abs(high)) * 1e-9 || high - low < nothing;
}

const marginOf = ({ high }: Span) => (Math.abs(high) < nothing ? 1 : Math.abs(high) / 10);

const around = ({ low, high }: Span, margin: number) => ({ min: low - margin, max: high + margin });

/**
 * Lines over rounds.
 * @returns an `svg` element that holds no text but numbers
 */
export function chart(lines: readonly (readonly Point[])[]): string {
  const all = lines.flat();
  const rounds = spanOf(all.map(([round]) => round));
  const values = spanOf(all.map(([, value]) => value));
  const drawing = init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    drawing.setOption({
      animation: false,
      grid: { left: 64, right: 18, top: 12, bottom: 26 },
      xAxis: {
        type: 'value',
        ...(isOne(rounds) ? around(rounds, 1) : { min: rounds.low, max: rounds.high }),
        minInterval: 1,
        axisLine: { ...quiet, onZero: false },
        axisTick: quiet,
        axisLabel: {
          ...label,
          formatter: (round: number) => (Number.isInteger(round) ? round.toLocaleString('en-US') : ''),
        },
        splitLine: { show: false },
      },
      yAxis: {
        type: 'value',
        scale: true,
        ...(isOne(values) ? around(values, marginOf(values)) : {}),
        splitNumber: 4,
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { ...label, formatter: tick },
        splitLine: { lineStyle: { color: 'var(--faint)' } },
      },
      series: lines.map((line, at) => lineOf(line, at, lines.length === 1)),
    });
    return tidied(drawing.renderToSVGString({ useViewBox: true }));
  } finally {
    drawing.dispose();
  }
}

/** Without what a page has no use for: styles of a pointer that hovers, names of name spaces, a ground that shows nothing. */
function tidied(svg: string): string {
  return svg
    .replace(/<style\b[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class|style|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
    .replace(/^<svg [^>]*>/, `<svg viewBox="0 0 ${size.width} ${size.height}" aria-hidden="true">`)
    .replace(/<rect [^>]*fill="none"><\/rect>\n?/, '')
    .replace(/<defs\s*>\s*<\/defs>/g, '')
    .trim();
}
