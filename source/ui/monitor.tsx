import type { ReactNode } from 'react';
import { Lines } from './lines.tsx';
import { type MonitorFacts, monitorLines } from './monitor-lines.ts';

export type MonitorProps = MonitorFacts & { readonly colors: boolean };

/** The live table: rounds, clients and log of a run, as a picture of the view. */
export function Monitor({ colors, ...facts }: MonitorProps): ReactNode {
  return <Lines lines={monitorLines(facts)} look={{ colors, unicode: facts.unicode }} />;
}
