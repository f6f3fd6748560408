/** What the command line names is looked at before anything is done, and all that is wrong with it is told at once. */
import { resolve } from 'node:path';
import { exit, type Failure, UserError } from '../plan/failure.ts';
import { mistakesIn, together } from '../plan/mistakes.ts';
import type { Secret } from '../plan/secret.ts';
import { inert } from '../ui/inert.ts';
import { listLocal, modeOf } from '../world/files.ts';
import { isShort, type SecretFile, secretIn, short } from '../world/given-secret.ts';
import { noWheels } from '../world/wheelhouse.ts';
import { type Call, interactive } from './context.ts';
import { projectOf } from './folder.ts';

const doing = 'Reading the command line';

/** What has no network of its own to go by: names in `--only` are nobody's there. */
const withoutNetwork = ['demo', 'wizard'];

/** Commands that open the CA's key, or make it. */
const usesCa = ['certs', 'up', 'wizard'];

/**
 * The call with the secrets that its files hold.
 * @param wrong what is wrong already with what was typed
 * @throws UserError (2, 3) with all that is wrong
 */
export async function given<Given extends Call>(call: Given, wrong: readonly Failure[]): Promise<Given> {
  const found: Failure[] = [...wrong];
  const { options, common, io } = call;
  const secret = (what: string, flag: string, file: string | undefined) =>
    file === undefined
      ? undefined
      : noting(found, readSecret(call, { what, flag, shown: file, path: resolve(io.cwd, file) }));
  const caPassphrase = await secret('passphrase', '--ca-passphrase-file', options.caPassphraseFile);
  const sudoPassword = await secret('password', '--sudo-password-file', common.sudoPasswordFile);
  const chosen = caPassphrase ?? (usesCa.includes(call.command) ? io.caPassphrase : undefined);
  if (chosen && isShort(chosen)) io.stderr.write(`Warning: the CA’s passphrase ${short}.\n`);
  found.push(...(await missingFiles(call)));
  const [first, ...more] = found;
  if (first) throw together(doing, [first, ...more, ...(await projectTrouble(call))]);
  return {
    ...call,
    io: { ...io, ...(caPassphrase ? { caPassphrase } : {}), ...(sudoPassword ? { sudoPassword } : {}) },
  };
}

async function readSecret({ io }: Call, file: SecretFile): Promise<Secret> {
  const { secret, open } = await secretIn(file);
  if (open !== undefined) io.stderr.write(`Warning: ${inert(open)}.\n`);
  return secret;
}

/** Notes what goes wrong, and goes on without it. */
async function noting<T>(found: Failure[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    found.push(...mistakesIn(error));
    return undefined;
  }
}

async function missingFiles({ io, options }: Call): Promise<readonly Failure[]> {
  const found: Failure[] = [];
  const { importCa = [], initialWeights, wheelhouse } = options;
  for (const [flag, file] of [
    ...importCa.map((each) => ['--import-ca', each] as const),
    ...(initialWeights === undefined ? [] : [['--initial-weights', initialWeights] as const]),
  ])
    if ((await modeOf(resolve(io.cwd, file))) === undefined)
      found.push({ exitCode: exit.invalid, doing: `Reading ${flag}`, why: `${file} is not there` });
  if (wheelhouse !== undefined) {
    const folder = resolve(io.cwd, wheelhouse);
    const names = await noting(
      found,
      listLocal(folder).then((all) => all ?? 'none'),
    );
    const trouble = names === undefined ? undefined : noWheels(wheelhouse, names === 'none' ? undefined : names);
    if (trouble) found.push(trouble);
  }
  return found;
}

/** Where something is wrong anyway, what is wrong with the network, or with whom `--only` names, is told as well. */
async function projectTrouble(call: Call): Promise<readonly Failure[]> {
  if (call.command === 'init') return clientTrouble(call);
  if (withoutNetwork.includes(call.command)) return [];
  const found: Failure[] = [];
  await noting(found, (await import('./project.ts')).readProject(call));
  return found;
}

/** What `init` would say of its clients, and of what is missing. */
async function clientTrouble(call: Call): Promise<readonly Failure[]> {
  const { options, io } = call;
  const [{ completed, saidBy }, { aliasesIn }, { foundIn }, { prefillFrom, unsaid }] = await Promise.all([
    import('./draft.ts'),
    import('../world/aliases.ts'),
    import('../world/found.ts'),
    import('./start-from.ts'),
  ]);
  const found: Failure[] = [];
  const said = await noting(
    found,
    aliasesIn(io.home).then((aliases) => saidBy(options, io.cwd, aliases)),
  );
  // In a terminal what is missing is asked.
  if (!said || interactive(call)) return [...found, ...(said?.wrong ?? [])];
  const here = prefillFrom(await foundIn(projectOf(call).directory, io.home));
  await noting(found, (async () => completed({ ...unsaid(here, said), ...said }))());
  return found;
}
