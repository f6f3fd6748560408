/** The lines for a shell that do what a plan does: `--show-commands`, and `c` on a screen. */
import type { Making } from '../flower/shell-openssl.ts';
import { members } from '../network/network.ts';
import { type Action, numbered, type Stage } from '../plan/action.ts';
import type { World } from '../plan/world.ts';
import { placesOf } from '../steps/shared.ts';
import type { Commands } from '../ui/plan-lines.ts';
import type { Call } from './context.ts';
import type { SessionOptions } from './stage.ts';

/** @param brief for a screen: without what only programs read */
export async function commandsOf(
  call: Call,
  options: SessionOptions,
  world: World,
  stages: readonly Stage[],
  brief: boolean,
): Promise<Commands> {
  const [{ shellLines }, { intermediatesIn }] = await Promise.all([
    import('../flower/shell.ts'),
    import('../pki/chain.ts'),
  ]);
  const reached = await Promise.all(
    members(options.network).map(async (each) => [each.name, await world.reach(each)] as const),
  );
  const reaches = new Map(reached);
  const actions = numbered(stages).map(({ action }) => action);
  const places = placesOf(options.directory, options.network);
  const imported = actions.find((action) => action.kind === 'import-authority');
  const ca = imported?.certificate ?? (await world.read(places.ca.certificate))?.content.toString('utf8');
  const passphrase = await passphraseOf(call, actions, world, imported?.key ?? places.ca.key);
  const context = {
    brief,
    configuration: places.configuration,
    // A new CA is a root of its own.
    intermediates: actions.some(({ kind }) => kind === 'make-authority') || ca === undefined ? '' : intermediatesIn(ca),
    ...(passphrase ? { passphrase } : {}),
    reach: (host: string) => reaches.get(host) ?? { options: [], destination: host },
  };
  return (action) => shellLines(action, context);
}

/** Where openssl finds the passphrase of the CA's key, if that has one or is given one. */
async function passphraseOf(
  { options, io }: Call,
  actions: readonly Action[],
  world: World,
  key: string,
): Promise<Making['passphrase']> {
  if (!actions.some(({ kind }) => kind === 'issue' || kind === 'make-authority' || kind === 'make-probes'))
    return undefined;
  const file = options.caPassphraseFile;
  const from = file ? `file:${file}` : io.caPassphrase ? 'env:FL_WIZARD_CA_PASSPHRASE' : undefined;
  const there = await world.read(key);
  const isEncrypted = there?.content.includes('ENCRYPTED') === true;
  there?.content.fill(0);
  // One that is given opens nothing where the key that is there has none.
  if (there && !isEncrypted) return undefined;
  return from === undefined ? (there ? {} : undefined) : { from };
}
