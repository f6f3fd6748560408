import { createHmac } from 'node:crypto';

/** A longer pattern makes OpenSSH give up on its line. */
const longestPattern = 1022;
const hashLength = 20;

/**
 * Whether the first field of a known_hosts line stands for a name (sshd(8)): patterns, or a hash of one name.
 * @param name in small letters, a character a byte
 */
export function namesMatch(field: string, name: string): boolean {
  return field.startsWith('|') ? hashMatches(field, name) : patternsMatch(field, name);
}

/** Of ASCII alone, as OpenSSH has it. */
export function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** `|1|salt|hash`: HMAC-SHA1 of the name by the salt (ssh_config(5), HashKnownHosts). */
function hashMatches(field: string, name: string): boolean {
  const [, version, salt, hash, ...more] = field.split('|');
  if (version !== '1' || !salt || !hash || more.length > 0) return false;
  const key = Buffer.from(salt, 'base64');
  return key.length === hashLength && createHmac('sha1', key).update(name, 'latin1').digest('base64') === hash;
}

/** A list of patterns with `*` and `?`; one that is negated by `!` and matches rules out the whole line. */
function patternsMatch(field: string, name: string, letters: 'same' | 'exact' = 'same'): boolean {
  let found = false;
  for (const pattern of field.split(',')) {
    const negated = pattern.startsWith('!');
    const body = negated ? pattern.slice(1) : pattern;
    if (body.length > longestPattern) return false;
    // Most are no patterns at all, and of another length.
    const isOther = body.length !== name.length && !/[*?]/.test(body);
    if (isOther || !matchesPattern(name, letters === 'same' ? lowerCase(body) : body)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

/**
 * Whether a text matches a pattern with `*` and `?`. By hand: as a regular expression, a pattern of many stars takes
 * for ever.
 */
export function matchesPattern(text: string, pattern: string): boolean {
  let at = 0;
  let next = 0;
  // Where the last star stands, and up to where it reaches: only that one has ever to be tried again.
  let star = -1;
  let reach = 0;
  while (at < text.length) {
    const sign = pattern[next];
    if (sign === '*') {
      star = next++;
      reach = at;
    } else if (sign === '?' || sign === text[at]) {
      next++;
      at++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++reach;
    } else return false;
  }
  while (pattern[next] === '*') next++;
  return next === pattern.length;
}

/**
 * The same for a list of patterns alone.
 * @param letters whether capital and small ones are the same
 */
export function patternMatcher(field: string, letters: 'same' | 'exact' = 'same'): (name: string) => boolean {
  return (name) => patternsMatch(field, letters === 'same' ? lowerCase(name) : name, letters);
}
