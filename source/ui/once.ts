import { renderToString } from 'ink';
import { createElement } from 'react';
import type { View } from '../plan/reduce.ts';
import { Monitor } from './monitor.tsx';

export type FrameOptions = {
  readonly columns: number;
  /** No limit where it is left out. */
  readonly rows?: number;
  readonly now: Date;
  readonly hosts: Readonly<Record<string, string>>;
  readonly network: string;
  readonly colors: boolean;
  readonly unicode: boolean;
  readonly footer?: readonly string[];
};

/** One frame of the monitor as text, without escapes where `colors` is off. Ends with a newline. */
export function renderFrame(view: View, options: FrameOptions): string {
  const frame = renderToString(createElement(Monitor, { view, ...options }), { columns: options.columns });
  return `${frame.trimEnd()}\n`;
}
