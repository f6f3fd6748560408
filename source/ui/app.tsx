import { Text } from 'ink';
import { type ReactNode, useLayoutEffect, useSyncExternalStore } from 'react';
import { type Key, useKeys } from './keys.ts';
import type { Size } from './line.ts';
import type { Look } from './lines.tsx';
import type { QuestionsModel } from './questions.ts';
import { QuestionsScreen } from './questions-screen.tsx';
import type { SessionModel } from './session.ts';
import { SessionScreen } from './session-screen.tsx';
import type { StepsModel } from './steps-model.ts';
import { StepsScreen } from './steps-screen.tsx';
import type { Store } from './store.ts';
import { type Choice, Welcome, type WelcomeFacts } from './welcome.tsx';

/** What the terminal shows now. */
export type Page =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'welcome';
      readonly facts: WelcomeFacts;
      readonly highlighted: Exclude<Choice, 'quit'>;
      choose(choice: Choice): void;
    }
  | { readonly kind: 'questions'; readonly model: QuestionsModel }
  | { readonly kind: 'steps'; readonly model: StepsModel }
  | { readonly kind: 'session'; readonly model: SessionModel };

export type AppState = { readonly page: Page; readonly size: Size };

export type AppProps = Look & {
  readonly store: Store<AppState>;
  readonly version: string;
  readonly directory: string;
  readonly interactive: boolean;
  onKey(key: Key): void;
  /** Called once, also where the process ends without having closed the screen. */
  onUnmount(): void;
};

/** The one component that Ink mounts: shows the page that is open, and hands every key to one place. */
export function App({ store, interactive, onKey, onUnmount, ...rest }: AppProps): ReactNode {
  const { page, size } = useSyncExternalStore(store.subscribe, store.get);
  useKeys(onKey, interactive);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is about the end, not about this callback
  useLayoutEffect(() => onUnmount, []);
  const look = { colors: rest.colors, unicode: rest.unicode, easel: rest.easel };
  switch (page.kind) {
    case 'nothing':
      return <Text> </Text>;
    case 'welcome':
      return <Welcome {...rest} {...size} facts={page.facts} highlighted={page.highlighted} />;
    case 'questions':
      return <QuestionsScreen model={page.model} {...size} {...look} />;
    case 'steps':
      return <StepsScreen model={page.model} {...size} {...look} />;
    case 'session':
      return <SessionScreen model={page.model} {...size} {...look} />;
  }
}
