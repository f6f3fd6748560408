import type { Target } from './target.ts';

/** Address and port as people write them: `10.0.0.1:22`, `[::1]:22`. */
export function place({ address, port }: Pick<Target, 'address' | 'port'>): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
