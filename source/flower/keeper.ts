/** Who keeps a process on its host: systemd where it can, else a supervisor of ours. Pure. */
import type { Member, Network } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Services } from '../plan/world.ts';
import { knowing, type Unit, type UnitKind, unitName, unitText } from './unit.ts';

export type Keeper =
  | {
      readonly unit: Unit & { readonly content: string; readonly systemd: string };
      /** Whose process it is. */
      readonly owner: string;
      /** The text that lies there now. */
      readonly installed?: string;
      /** Lingering has to be switched on for it. */
      readonly linger: boolean;
    }
  | {
      /** Why a supervisor of ours does it, which nobody starts after a reboot. */
      readonly why: string;
      /** What would have systemd do it. */
      readonly hint?: string;
    };

/** Older ones don't know `Type=exec`, which tells of a start that failed. */
const oldest = 240;
/** Said in the unit, so that its removal can undo it, or have another unit of ours say it from then on. */
export const lingered = '# Lingering was switched on for it.';

/** Whether lingering was switched on for a unit of ours. */
export function switchedLingering(text: string): boolean {
  return text.includes(lingered);
}

/** @throws UserError (2) where a unit of that name is somebody else's */
export function keeperOf(network: Network, member: Member, services: Services, home: string): Keeper {
  const { systemd, unit: there } = services;
  if (systemd === undefined) return { why: 'no systemd runs there' };
  if (Number.parseInt(systemd, 10) < oldest) return { why: `its systemd ${systemd} is older than ${oldest}` };
  if (there && !there.text.includes(`${home}/${member.name}.json`)) throw clash(member, there.path);
  const kind = there?.kind ?? kindOf(services);
  if (kind === undefined) return withoutRights(member, services);
  const linger = kind === 'user' && services.linger === 'allowed';
  const marked = linger || (there !== undefined && switchedLingering(there.text));
  const { owner, ownerHome } = services;
  const text = `${unitText(network, member, { kind, owner, ownerHome, home })}${marked ? `${lingered}\n` : ''}`;
  const name = unitName(network, member);
  const folder = kind === 'system' ? '/etc/systemd/system' : `${ownerHome}/.config/systemd/user`;
  return {
    unit: {
      kind,
      name,
      path: there?.path ?? `${folder}/${name}`,
      content: knowing(text, there?.text, systemd),
      systemd,
      ...(kind === 'system' && services.root === 'asks' ? { asks: true } : {}),
    },
    owner,
    ...(there ? { installed: there.text } : {}),
    linger,
  };
}

/** Nobody is asked for a password where a user's own manager does as well. */
function kindOf({ root, user }: Services): UnitKind | undefined {
  if (root === 'login' || root === 'sudo') return 'system';
  if (user) return 'user';
  return root === 'asks' ? 'system' : undefined;
}

function withoutRights(member: Member, { owner }: Services): Keeper {
  return {
    why: `sudo wants a password on ${member.name}, and ${owner}’s processes may not live there without a login`,
    hint: `sudo loginctl enable-linger ${owner} on ${member.name}, then fl-wizard restart ${member.name}: systemd starts it after a reboot from then on`,
  };
}

function clash(member: Member, path: string): UserError {
  return new UserError({
    exitCode: exit.invalid,
    host: member.name,
    doing: `Looking at ${path} on ${member.name}`,
    why: 'it belongs to another network or another remote.home',
    hint: 'give this network another name, or end the other one: fl-wizard down, in its folder',
  });
}
