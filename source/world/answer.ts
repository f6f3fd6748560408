/** Answers of hosts, read with care: they come from other machines. */
import * as z from 'zod';
import { exit, UserError } from '../plan/failure.ts';

/** Hosts write null for what is not known; here that is absent. */
export const known = <T extends z.ZodType>(type: T) => z.preprocess((value) => value ?? undefined, type.optional());

/** Without what is absent. */
export function present(value: Record<string, unknown>): unknown {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined));
}

/** @throws UserError (5) for an answer that no agent of ours gives */
export function checked<T>(type: z.ZodType<T>, answer: unknown): T {
  const { success, data, error } = type.safeParse(answer);
  if (success) return data;
  const [first] = error.issues;
  throw new UserError({
    exitCode: exit.remote,
    doing: 'Looking at the host',
    why: `its answer can't be read: ${first?.path.join('.')}: ${first?.message}`,
    hint: 'run it again; does a login script print something, or change Python?',
  });
}
