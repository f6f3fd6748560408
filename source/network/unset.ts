import type { Member } from './network.ts';

/** What all of these clients are told by their environment (their share of the data, for example), and this one is not. */
export function unsetBeside({ env }: Pick<Member, 'env'>, others: readonly Pick<Member, 'env'>[]): readonly string[] {
  const [first, ...rest] = others.map((each) => Object.keys(each.env));
  return (first ?? []).filter((key) => !(key in env) && rest.every((keys) => keys.includes(key)));
}
