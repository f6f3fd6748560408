import { type ReactNode, useSyncExternalStore } from 'react';
import type { Size } from './line.ts';
import { Lines, type Look } from './lines.tsx';
import { stepsLines } from './steps-lines.ts';
import type { StepsModel } from './steps-model.ts';

/** The page of the steps, as its state says. */
export function StepsScreen({
  model,
  columns,
  rows,
  ...look
}: { readonly model: StepsModel } & Size & Look): ReactNode {
  const state = useSyncExternalStore(model.store.subscribe, model.store.get);
  return <Lines lines={stepsLines(state, { columns, rows })} look={look} />;
}
