/** A process of ours as a unit of systemd: its text, and what of it a host could not do. Pure. */
import type { Member, Network } from '../network/network.ts';

/** `system`: root's manager keeps it; `user`: the owner's own, which lives without a login where lingering is on. */
export type UnitKind = 'system' | 'user';

/** A unit on a host. */
export type Unit = {
  readonly kind: UnitKind;
  /** `fl-wizard-<network>-<name>.service` */
  readonly name: string;
  /** Absolute path of its file. */
  readonly path: string;
  /** Whether sudo asks for its password before it lets us near root's manager. */
  readonly asks?: boolean;
};

/** Only what names it and how it is got at, of something that holds more. */
export function bareUnit({ kind, name, path, asks }: Unit): Unit {
  return { kind, name, path, ...(asks ? { asks } : {}) };
}

export function unitName(network: Network, member: Member): string {
  return `fl-wizard-${network.name}-${member.name}.service`;
}

/** What a process gets from its host. */
export type Place = {
  readonly kind: UnitKind;
  readonly owner: string;
  /** Of the owner. */
  readonly ownerHome: string;
  /** `remote.home`, absolute. */
  readonly home: string;
};

/** Seconds before a process is started again; systemd before 254 knows no growing pauses, and the client has its own. */
const pause = 2;
/** So many ends within so many seconds are no accident. A server that is away ends no client: only crashes count. */
const crashes = { count: 5, seconds: 60 };
/** Seconds between the friendly and the unfriendly signal, as our own supervisor has them. */
const patience = 10;
/** The runtime's codes for which starting again does not help (faults.py), and env's for a program that is not there. */
const permanent = [77, 78, 79, 126, 127];

/** A word of a unit's line: systemd takes `"`, `\`, `%` and `$` for its own. */
function word(text: string, inCommand = false): string {
  const escaped = text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%');
  return `"${inCommand ? escaped.replaceAll('$', () => '$$') : escaped}"`;
}

function absolute(path: string, home: string): string {
  return path.replace(/^~(?=\/)/, () => home);
}

/** Directives that a host may refuse, from the first to be given up to the last; a code says which of them it was. */
export const tiers = {
  devices: [
    'PrivateDevices',
    'ProtectKernelTunables',
    'ProtectKernelModules',
    'ProtectControlGroups',
    'ProtectHostname',
    'ProtectProc',
  ],
  files: [
    'ProtectSystem',
    'ReadWritePaths',
    'ReadOnlyPaths',
    'ProtectHome',
    'PrivateTmp',
    'ProtectKernelLogs',
    'PrivateUsers',
  ],
  calls: [
    'SystemCallFilter',
    'SystemCallErrorNumber',
    'SystemCallArchitectures',
    'RestrictAddressFamilies',
    'RestrictNamespaces',
    'RestrictRealtime',
    'RestrictSUIDSGID',
    'LockPersonality',
    'ProtectClock',
  ],
  capabilities: ['CapabilityBoundingSet'],
  limits: ['MemoryMax', 'CPUQuota'],
} as const;
export type Tier = keyof typeof tiers;

/** systemd.exec(5), "Process exit codes": what could not be set up. */
const tiersOf: Readonly<Record<number, readonly Tier[]>> = {
  // A user's manager may not make namespaces without one of users, and drops what it can't (USER, CAPABILITIES).
  217: ['devices', 'files'],
  218: ['capabilities', 'devices', 'files'],
  219: ['limits'],
  226: ['devices', 'files'],
  227: ['calls'],
  228: ['calls'],
  230: ['calls'],
  232: ['calls'],
};

/** What can be given up next after a start that ended with a code of systemd's own; nothing where none would help. */
export function refusedBy(code: number, text: string): readonly string[] {
  const present = directivesOf(text);
  for (const tier of tiersOf[code] ?? []) {
    const left = tiers[tier].filter((directive) => present.has(directive));
    if (left.length > 0) return left;
  }
  return [];
}

function directivesOf(text: string): ReadonlySet<string> {
  return new Set(text.split('\n').flatMap((line) => directiveOf(line) ?? []));
}

/** What a line of a unit sets; nothing where it sets nothing. */
function directiveOf(line: string): string | undefined {
  return /^([A-Za-z]+)=/.exec(line)?.[1];
}

const mark = '# Left out: ';

/** Takes directives out and names them, so that whoever reads the unit knows. */
export function without(text: string, directives: readonly string[], version: string, code: number): string {
  return text
    .split('\n')
    .map((line) => {
      const directive = directiveOf(line);
      if (directive === undefined || !directives.includes(directive)) return line;
      return `${mark}${line} (systemd ${version} could not do it here: ${code})`;
    })
    .join('\n');
}

/** What is left out of a unit that lies there, by the lines that it would have, and why. */
function omissions(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const directive = line.startsWith(mark) ? directiveOf(line.slice(mark.length)) : undefined;
      return directive === undefined ? [] : [[directive, line] as const];
    }),
  );
}

/**
 * The text that a unit shall have, where what its host could not do is known already: a newer systemd is asked anew.
 * @param installed the text that lies there, if one does
 */
export function knowing(text: string, installed: string | undefined, version: string): string {
  const known = omissions(installed ?? '');
  return text
    .split('\n')
    .map((line) => {
      const directive = directiveOf(line);
      const held = directive === undefined ? undefined : known.get(directive);
      return held?.startsWith(`${mark}${line} (systemd ${version} `) ? held : line;
    })
    .join('\n');
}

/** The whole unit. Root's manager takes more than a user's can do. */
export function unitText(network: Network, member: Member, place: Place): string {
  const { kind, owner, ownerHome, home } = place;
  const system = kind === 'system';
  const config = `${home}/${member.name}.json`;
  const path = (each: string) => word(absolute(each, ownerHome));
  const spared = (each: string) => `"-${path(each).slice(1)}`;
  const needed = [home, ...member.data, ...member.writable].map(path).join(' ');
  const { memory, cpus } = member.remote.limits;
  return `${[
    '# Written by fl-wizard launch; fl-wizard down removes it.',
    '[Unit]',
    `Description=Flower ${member.role === 'server' ? 'server' : `client ${member.name}`} of ${network.name} (fl-wizard)`,
    ...(system ? ['Wants=network-online.target', 'After=network-online.target'] : []),
    `RequiresMountsFor=${needed}`,
    `StartLimitIntervalSec=${crashes.seconds}`,
    `StartLimitBurst=${crashes.count}`,
    '',
    '[Service]',
    'Type=exec',
    ...(system ? [`User=${owner}`] : []),
    'WorkingDirectory=/',
    `Environment=${word(`PYTHONPATH=${home}/runtime`)} PYTHONUNBUFFERED=1`,
    // Through env: SELinux lets systemd start no program that lies in somebody's home.
    `ExecStart=/usr/bin/env ${word(`${home}/python/bin/python`, true)} -m fl_wizard_runtime run --log --unit --config ${word(config, true)}`,
    'Restart=on-failure',
    `RestartSec=${pause}`,
    `RestartPreventExitStatus=${permanent.join(' ')}`,
    'KillMode=control-group',
    `TimeoutStopSec=${patience}`,
    ...(memory === undefined ? [] : [`MemoryMax=${memory}`]),
    ...(cpus === undefined ? [] : [`CPUQuota=${Math.round(cpus * 100)}%`]),
    'UMask=0077',
    'NoNewPrivileges=yes',
    ...sandbox({
      system,
      writable: [home, ...member.writable].map(spared).join(' '),
      // What checks it, and by what list: the user's code is not to change either.
      kept: [`${home}/runtime`, `${home}/policy`].map(spared).join(' '),
      gpu: member.gpu,
      // A folder for temporary files of its own would hide what it needs of the host's.
      temporary: [home, member.remote.certificates, ...member.data, ...member.writable].some((each) =>
        /^\/(var\/)?tmp(\/|$)/.test(each),
      ),
    }),
    '',
    '[Install]',
    `WantedBy=${system ? 'multi-user' : 'default'}.target`,
  ].join('\n')}\n`;
}

type Sandbox = {
  readonly system: boolean;
  /** Paths as words of a unit. */
  readonly writable: string;
  /** Below the writable ones, and not to be written to. */
  readonly kept: string;
  readonly gpu: boolean;
  /** Whether it works with the host's own folder for temporary files. */
  readonly temporary: boolean;
};

/** Only its own folder can be written to; PyTorch, NumPy and gRPC run with all of it. */
function sandbox({ system, writable, kept, gpu, temporary }: Sandbox): readonly string[] {
  return [
    // Without it a user's manager can do nothing about files and devices.
    ...(system ? [] : ['PrivateUsers=yes']),
    'ProtectSystem=strict',
    `ReadWritePaths=${writable}`,
    `ReadOnlyPaths=${kept}`,
    'ProtectHome=read-only',
    ...(temporary ? [] : ['PrivateTmp=yes']),
    ...(gpu ? [] : ['PrivateDevices=yes']),
    'ProtectKernelTunables=yes',
    'ProtectControlGroups=yes',
    'ProtectHostname=yes',
    ...(system
      ? [
          'ProtectKernelModules=yes',
          'ProtectKernelLogs=yes',
          'ProtectClock=yes',
          'ProtectProc=invisible',
          'RemoveIPC=yes',
          'CapabilityBoundingSet=',
        ]
      : []),
    // Name look-ups ask netlink which addresses the host has.
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'LockPersonality=yes',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    // What is filtered fails, and does not kill: libraries try what they may not do.
    'SystemCallErrorNumber=EPERM',
  ];
}
