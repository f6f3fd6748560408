import { type ReactNode, useSyncExternalStore } from 'react';
import type { Size } from './line.ts';
import { Lines, type Look } from './lines.tsx';
import type { QuestionsModel } from './questions.ts';
import { questionsLines } from './questions-lines.ts';

/** The questions, as their state says. */
export function QuestionsScreen({
  model,
  columns,
  rows,
  ...look
}: { readonly model: QuestionsModel } & Size & Look): ReactNode {
  const state = useSyncExternalStore(model.store.subscribe, model.store.get);
  return <Lines lines={questionsLines(state, { columns, rows })} look={look} />;
}
