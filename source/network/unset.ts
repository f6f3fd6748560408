import type { Member } from './network.ts';

/** What all of these clients are told by their environment (their share of the data, for example), and this one is not. */
export function unsetBeside({ env }: Pick<Member, 'env'>, others: readonly Pick<Member, 'env'>[]): readonly string[] {
  // Where a thousand clients set the same there is nothing to look for among the others.
  return Object.keys(others[0]?.env ?? {}).filter((key) => !(key in env) && others.every((each) => key in each.env));
}
