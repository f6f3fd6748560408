import { Text } from 'ink';
import { type ReactNode, useLayoutEffect, useSyncExternalStore } from 'react';
import { type ConfirmModel, confirmLines } from './confirm.ts';
import { type Key, useKeys } from './keys.ts';
import { isTooSmall, type Size } from './line.ts';
import type { Look } from './lines.tsx';
import { ModelScreen } from './model-screen.tsx';
import type { Choice, WelcomeFacts } from './offers.ts';
import type { QuestionsModel } from './questions.ts';
import { questionsLines } from './questions-lines.ts';
import type { SessionModel } from './session.ts';
import { sessionLines } from './session-lines.ts';
import { stepsLines } from './steps-lines.ts';
import type { StepsModel } from './steps-model.ts';
import type { Store } from './store.ts';
import { Welcome } from './welcome.tsx';

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
  | { readonly kind: 'confirm'; readonly model: ConfirmModel }
  | { readonly kind: 'session'; readonly model: SessionModel };

/** `over`: what is read above the page, which goes on below it. */
export type AppState = { readonly page: Page; readonly size: Size; readonly over?: ConfirmModel };

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
  const { page, size, over } = useSyncExternalStore(store.subscribe, store.get);
  useKeys(onKey, interactive);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is about the end, not about this callback
  useLayoutEffect(() => onUnmount, []);
  const look = { colors: rest.colors, unicode: rest.unicode, easel: rest.easel };
  if (over && !isTooSmall(size)) return <ModelScreen store={over.store} draw={confirmLines} {...size} {...look} />;
  switch (page.kind) {
    case 'nothing':
      return <Text> </Text>;
    case 'welcome':
      return <Welcome {...rest} {...size} facts={page.facts} highlighted={page.highlighted} />;
    case 'questions':
      return <ModelScreen store={page.model.store} draw={questionsLines} {...size} {...look} />;
    case 'steps':
      return <ModelScreen store={page.model.store} draw={stepsLines} {...size} {...look} />;
    case 'confirm':
      return <ModelScreen store={page.model.store} draw={confirmLines} {...size} {...look} />;
    case 'session':
      return <ModelScreen store={page.model.store} draw={sessionLines} {...size} {...look} />;
  }
}
