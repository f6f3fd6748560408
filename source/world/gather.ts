/** Wheels for other machines, by this machine's pip. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { withoutLogins } from '../flower/layout.ts';
import { type HostPlatform, markersOf, pipTarget } from '../flower/platform.ts';
import { normalName } from '../flower/wheels.ts';
import type { PackageSources } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import { haveFolder, localFailure } from './files.ts';

export type Gathering = {
  /** Our script that has pip judge conditions as the host would. */
  readonly script: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  onLine(line: string): void;
};

/** Where a package has no wheel for a platform, the words of pip. */
type Gathered = { readonly missing: readonly string[]; readonly trouble?: string };

const noWheel = /No matching distribution found for (.+?)(?: \(from .*\))?$/;

const unreached = /^WARNING: Retrying|Could not fetch URL/;

const reasonIn = (line: string) =>
  /\[Errno [^\]]*\] ([^'")]+)/.exec(line)?.[1]?.trim() ?? line.replace(/^WARNING: /, '');

/** pip's own words for what our switches are: no questions, and no word of a newer pip. */
const pipSettings = {
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  PIP_NO_INPUT: '1',
  PIP_NO_COLOR: '1',
  PIP_PROGRESS_BAR: 'off',
};

/**
 * Gathers what a platform needs. What lies in the folder already is not asked for again, and what is not there as a
 * wheel is named; the rest is gathered all the same.
 * @throws UserError (3) where there is no pip, or the folder can't be written
 */
export async function gather(
  requirements: readonly string[],
  platform: HostPlatform,
  pip: PackageSources,
  gathering: Gathering,
): Promise<Gathered> {
  await haveFolder(gathering.folder, 0o755);
  const staged = await mkdtemp(join(gathering.folder, '.gathering-')).catch((error: unknown) => {
    throw localFailure(error, `Writing ${gathering.folder}`);
  });
  try {
    return await gatherInto(staged, requirements, platform, pip, gathering);
  } finally {
    await rm(staged, { recursive: true, force: true });
  }
}

async function gatherInto(
  staged: string,
  requirements: readonly string[],
  platform: HostPlatform,
  pip: PackageSources,
  gathering: Gathering,
): Promise<Gathered> {
  const { folder } = gathering;
  const missing: string[] = [];
  let wanted = requirements;
  const listed = join(staged, 'requirements.txt');
  const words = ['download', '--dest', staged, '--find-links', folder, '-r', listed, ...pipTarget(platform)];
  const quiet = { ...gathering, onLine: () => {} };
  for (;;) {
    // A requirement may be an address with a login: it stands in a file, and in no argument.
    await writeFile(listed, `${wanted.join('\n')}\n`, { mode: 0o600 });
    if ((await run([...words, '--no-index'], platform, {}, quiet)).code === 0) return { missing };
    const { code, tail } = await run(words, platform, pip, gathering);
    if (code === 0) {
      await keep(staged, folder);
      return { missing };
    }
    const cut = tail.findLast((line) => unreached.test(line));
    // pip calls a package that it could not ask for one that is not there.
    if (cut !== undefined) return { missing, trouble: `the package index can’t be reached: ${reasonIn(cut)}` };
    const [, absent] = tail.flatMap((line) => [noWheel.exec(line)]).findLast((match) => match !== null) ?? [];
    if (absent === undefined) return { missing, trouble: tail.at(-1) ?? `pip ended with ${code}` };
    missing.push(absent);
    const rest = wanted.filter((line) => plainName(line) !== plainName(absent));
    // It is needed by another one: without it nothing can be worked out.
    if (rest.length === wanted.length || rest.length === 0) return { missing };
    wanted = rest;
  }
}

const plainName = (line: string) => normalName(/^[A-Za-z0-9._-]+/.exec(line)?.[0] ?? '');

/** Whole or not at all: pip copies, and may be ended in the middle of it. */
async function keep(staged: string, folder: string): Promise<void> {
  try {
    for (const name of (await readdir(staged)).filter((each) => each.endsWith('.whl')))
      await rename(join(staged, name), join(folder, name));
  } catch (error) {
    throw localFailure(error, `Writing ${folder}`);
  }
}

function run(
  words: readonly string[],
  platform: HostPlatform,
  { indexUrl, extraIndexUrl }: PackageSources,
  { script, env, signal, onLine }: Gathering,
): Promise<{ readonly code: number; readonly tail: readonly string[] }> {
  const sources = {
    ...(indexUrl ? { PIP_INDEX_URL: indexUrl.reveal() } : {}),
    ...(extraIndexUrl ? { PIP_EXTRA_INDEX_URL: extraIndexUrl.reveal() } : {}),
  };
  return new Promise((resolve, reject) => {
    const child = spawn('python3', [script, JSON.stringify(markersOf(platform)), ...words], {
      env: { ...env, ...pipSettings, ...sources },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    const tail: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (raw) => {
        const line = withoutLogins(raw, [indexUrl, extraIndexUrl]);
        tail.push(line);
        tail.splice(0, tail.length - 20);
        onLine(line);
      });
    child.on('error', (error) => reject(signal.aborted ? signal.reason : noPip(error.message)));
    child.on('close', (code) => {
      if (tail.some((line) => /ModuleNotFoundError: No module named 'pip/.test(line))) reject(noPip('it has no pip'));
      else resolve({ code: code ?? 1, tail });
    });
  });
}

function noPip(why: string): UserError {
  return new UserError({
    exitCode: exit.local,
    doing: 'Gathering wheels with this machine’s python3',
    why,
    hint: 'install Python with pip here (apt install python3-pip); its version need not be that of the hosts',
  });
}
