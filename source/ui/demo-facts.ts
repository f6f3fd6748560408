/** What the demo's last screen tells beyond the view. */
import type { View } from '../plan/reduce.ts';

export type DemoFacts = {
  readonly view: View;
  /** The project folder as it is shown, such as `./fl-demo`. */
  readonly directory: string;
  /** Whether the folder stays when the demo ends. */
  readonly kept: boolean;
  /** From start to end. */
  readonly seconds: number;
  readonly hosts: number;
  /** What Flower's own TLS was seen to do with the connections that mutual TLS refuses. */
  readonly flowerAlone?: { readonly tried: number; readonly admitted: number };
  readonly have: readonly { readonly path: string; readonly what: string }[];
  readonly next: readonly { readonly command: string; readonly what: string }[];
};
