/** What keeps a process, as the lines that a person would type. Pure. */
import { posix } from 'node:path';
import type { Action } from '../plan/action.ts';
import { runtimeWords } from './layout.ts';
import { type Reach, ssh } from './shell.ts';
import { hereDocument } from './shell-text.ts';
import type { Unit } from './unit.ts';
import { unitWords } from './unit-shell.ts';

type Service = Extract<Action, { kind: 'install-unit' | 'remove-unit' | 'start' | 'stop' }>;

export function serviceLines(action: Service, reach: Reach): readonly string[] {
  const { unit } = action;
  if (action.kind === 'install-unit') return installLines(action, reach);
  if (action.kind === 'remove-unit') return removeLines(action, reach);
  if (unit) return [startLine(action.kind, unit, reach)];
  const verb = action.kind === 'start' ? 'supervise' : 'stop';
  return [ssh(reach, runtimeWords(posix.dirname(action.config), verb, '--config', action.config))];
}

const sudo = ({ kind }: Unit) => (kind === 'system' ? ['sudo', '-n'] : []);
/** A login over SSH may not know where the user's own manager is. */
const toUser = 'XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user ';

function systemctl(unit: Unit, words: string, reach: Reach): string {
  return unit.kind === 'system'
    ? ssh(reach, ['sudo', '-n', 'systemctl', ...words.split(' ')])
    : ssh(reach, ['sh', '-c', `${toUser}${words}`]);
}

function startLine(kind: 'start' | 'stop', unit: Unit, reach: Reach): string {
  return systemctl(unit, `${kind === 'start' ? 'enable' : 'disable'} --now ${unit.name}`, reach);
}

function installLines({ unit, content, linger }: Extract<Action, { kind: 'install-unit' }>, reach: Reach) {
  const file = ssh(reach, [
    ...sudo(unit),
    'sh',
    '-c',
    'mkdir -p -- "$(dirname -- "$1")" && cat >"$1"',
    'sh',
    unit.path,
  ]);
  return [
    ...(linger ? [ssh(reach, ['loginctl', 'enable-linger'])] : []),
    `${file} ${hereDocument(content)}`,
    systemctl(unit, 'daemon-reload', reach),
  ];
}

function removeLines({ unit, linger }: Extract<Action, { kind: 'remove-unit' }>, reach: Reach) {
  return [
    ...(linger ? [ssh(reach, unitWords(unit, 'passOn'))] : []),
    systemctl(unit, `disable --now ${unit.name}`, reach),
    ssh(reach, [...sudo(unit), 'rm', '-f', '--', unit.path]),
    systemctl(unit, 'daemon-reload', reach),
    ...(linger ? [ssh(reach, unitWords(unit, 'noLinger'))] : []),
  ];
}
