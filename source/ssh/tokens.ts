/** What stands behind a `%` (ssh_config(5), TOKENS). */
export type Tokens = Readonly<Record<string, string>>;

/** Makes an error of what can't be expanded. */
export type Refuse = (why: string) => Error;

/**
 * A text with its tokens replaced.
 * @throws what `refuse` makes, for a token that is not among these
 */
export function expandTokens(text: string, tokens: Tokens, refuse: Refuse): string {
  return text.replace(/%(.?)/gsu, (whole, token: string) => {
    if (token === '%') return '%';
    const value = tokens[token];
    if (value === undefined) throw refuse(`"${whole}" in "${text}" has no meaning there`);
    return value;
  });
}

/** What a path of ssh_config(5) may mention. */
export type PathFacts = {
  readonly home: string;
  readonly tokens: Tokens;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/**
 * A path with `~`, tokens and `${VARIABLE}` replaced.
 * @throws what `refuse` makes, for somebody else's home, an unknown token, or a variable that is not set
 */
export function expandPath(text: string, { home, tokens, env }: PathFacts, refuse: Refuse): string {
  if (/^~[^/]/.test(text)) throw refuse(`${text}: only ~/ is supported, not somebody else's home`);
  const path = text.replace(/^~(?=\/|$)/, home);
  // One sweep: nothing that was put in is looked at again.
  return path
    .split(/(\$\{[^}]*\})/)
    .map((part) => {
      const name = /^\$\{(.*)\}$/s.exec(part)?.[1];
      if (name === undefined) return expandTokens(part, tokens, refuse);
      const value = env[name];
      if (value === undefined) throw refuse(`the variable ${name} of "${text}" is not set`);
      return value;
    })
    .join('');
}
