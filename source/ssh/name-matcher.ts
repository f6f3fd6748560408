import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Which names the first field of a known_hosts line stands for (sshd(8)): patterns, or a hash of one name.
 * `undefined` where it is a broken hash.
 */
export function nameMatcher(field: string): ((name: string) => boolean) | undefined {
  return field.startsWith('|1|') ? hashMatcher(field) : patternMatcher(field);
}

/** `|1|salt|hash`: HMAC-SHA1 of the name by the salt (ssh_config(5), HashKnownHosts). */
function hashMatcher(field: string): ((name: string) => boolean) | undefined {
  const [, , salt, hash] = field.split('|');
  if (!salt || !hash) return undefined;
  const wanted = Buffer.from(hash, 'base64');
  return (name) => {
    const got = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
    return got.length === wanted.length && timingSafeEqual(got, wanted);
  };
}

/**
 * A list of patterns with `*` and `?`; one that is negated by `!` and matches rules out the whole list.
 * @param letters whether capital and small ones are the same
 */
export function patternMatcher(field: string, letters: 'same' | 'exact' = 'same'): (name: string) => boolean {
  const patterns = field
    .split(',')
    .filter((pattern) => pattern !== '')
    .map((pattern) => ({ negated: pattern.startsWith('!'), regex: wildcard(pattern.replace(/^!/, ''), letters) }));
  return (name) => {
    const hits = patterns.filter(({ regex }) => regex.test(name));
    return hits.length > 0 && !hits.some(({ negated }) => negated);
  };
}

/** One pattern with `*` and `?` (ssh_config(5), PATTERNS). */
export function wildcard(pattern: string, letters: 'same' | 'exact'): RegExp {
  const source = pattern
    .replace(/[\\^$.+()|{}[\]]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, letters === 'same' ? 'is' : 's');
}
