/**
 * Answers that were given already, by the function that asks. Sixteen hosts at once may share one key file or one
 * jump host; people are asked once. Kept by the asking function, so that two sessions share nothing.
 */
const answers = new WeakMap<object, Map<string, Promise<unknown>>>();

/** The answer to a question: asked by `ask` unless the same `asker` was asked it before. A failure isn't kept. */
export function askOnce<Answer>(asker: object, question: string, ask: () => Promise<Answer>): Promise<Answer> {
  const given = answers.get(asker) ?? new Map<string, Promise<unknown>>();
  answers.set(asker, given);
  const before = given.get(question);
  if (before) return before as Promise<Answer>;
  const answer = ask();
  given.set(question, answer);
  answer.catch(() => given.delete(question));
  return answer;
}
