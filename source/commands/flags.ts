/** What was asked for, as it would be typed again. Pure. */
import type { Input, Options } from '../plan/step.ts';
import { quote } from '../ssh/commands.ts';

/** The flags that were given, of those that a step takes: ` --new --rounds 5`; nothing where there are none. */
export function flagsOf(options: Options, inputs: readonly Input[]): string {
  return inputs
    .flatMap(({ name, flag }) => {
      const value = options[name];
      if (value === undefined || value === false) return [];
      const [word = ''] = flag.split(' ');
      if (value === true) return [` ${word}`];
      const values = typeof value === 'object' ? value : [String(value)];
      return [` ${quote([word, ...values])}`];
    })
    .join('');
}
