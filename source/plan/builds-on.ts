/**
 * Which step works with what another has made: what is out of date below makes all above it a thing of before, whatever a
 * look at that alone says. Pure.
 */

/** Preflight makes nothing, and what it finds is of the moment: it builds on nothing, and nothing on it. */
const below: Readonly<Record<string, string | undefined>> = {
  certs: 'config',
  deploy: 'certs',
  permissions: 'deploy',
  launch: 'permissions',
  verify: 'launch',
  monitor: 'launch',
};

/**
 * Whether what a step has made lies on this machine alone, so that how it stands waits for no host. Before it makes
 * anything it looks at the hosts all the same.
 */
export function standsHere(step: string, keys: 'here' | 'host'): boolean {
  return step === 'certs' && keys === 'here';
}

/** The steps that one builds on, the first of all first. */
export function basesOf(step: string): readonly string[] {
  const base = below[step];
  return base === undefined ? [] : [...basesOf(base), base];
}

/** The steps that build on one. */
export function behind(step: string): readonly string[] {
  return Object.keys(below).filter((each) => basesOf(each).includes(step));
}

/** The same in a few words, that step included. */
export function onward(step: string): string {
  const [next] = behind(step);
  // Between the first step and what builds on it stands one that does not.
  return step === 'config' && next ? `${step}, and all from ${next} on` : `all from ${step} on`;
}

/**
 * What keeps a step that is done from being so plainly: the first of those below it that is not as it is wanted, or is in
 * trouble.
 * @param stands how each stands by itself, as far as it is known
 */
export function doneBefore(step: string, stands: (step: string) => string | undefined): string | undefined {
  return basesOf(step).find((base) => ['outdated', 'missing', 'failed'].includes(stands(base) ?? ''));
}
