import { type ReactNode, useSyncExternalStore } from 'react';
import type { Size } from './line.ts';
import { Lines, type Look } from './lines.tsx';
import type { SessionModel } from './session.ts';
import { sessionLines } from './session-lines.ts';

/** A session, as its state says. */
export function SessionScreen({
  model,
  columns,
  rows,
  ...look
}: { readonly model: SessionModel } & Size & Look): ReactNode {
  const state = useSyncExternalStore(model.store.subscribe, model.store.get);
  return <Lines lines={sessionLines(state, { columns, rows, unicode: look.unicode })} look={look} />;
}
