import { type ReactNode, useSyncExternalStore } from 'react';
import type { Line, Size } from './line.ts';
import { Lines, type Look } from './lines.tsx';
import type { Store } from './store.ts';

export type ModelScreenProps<State> = Size &
  Look & {
    readonly store: Store<State>;
    draw(state: State, terminal: Size & { readonly unicode: boolean }): readonly Line[];
  };

/** A page that is drawn of a state alone, with each change of it. */
export function ModelScreen<State>({ store, draw, columns, rows, ...look }: ModelScreenProps<State>): ReactNode {
  const state = useSyncExternalStore(store.subscribe, store.get);
  return <Lines lines={draw(state, { columns, rows, unicode: look.unicode })} look={look} />;
}
