/** What keeps a process, as the lines that a person would type. Pure. */
import { posix } from 'node:path';
import type { Action } from '../plan/action.ts';
import { runtimeWords } from './layout.ts';
import { type Reach, ssh, sudo } from './shell.ts';
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

/** A login over SSH may not know where the user's own manager is. */
const toUser = 'XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user ';

/** As whoever's manager has the unit. */
function byManager({ kind, asks }: Unit, words: readonly string[], reach: Reach): string {
  return kind === 'system' ? sudo(reach, words, asks) : ssh(reach, words);
}

function systemctl(unit: Unit, words: string, reach: Reach): string {
  const isRoots = unit.kind === 'system';
  return byManager(unit, isRoots ? ['systemctl', ...words.split(' ')] : ['sh', '-c', `${toUser}${words}`], reach);
}

function startLine(kind: 'start' | 'stop', unit: Unit, reach: Reach): string {
  return systemctl(unit, `${kind === 'start' ? 'enable' : 'disable'} --now ${unit.name}`, reach);
}

function installLines({ unit, content, linger }: Extract<Action, { kind: 'install-unit' }>, reach: Reach) {
  return [
    ...(linger ? [ssh(reach, ['loginctl', 'enable-linger'])] : []),
    ...fileLines(unit, content, reach),
    systemctl(unit, 'daemon-reload', reach),
  ];
}

/** sudo can't ask for a password where the text comes on its standard input. */
function fileLines(unit: Unit, content: string, reach: Reach): readonly string[] {
  if (unit.asks)
    return [
      `${ssh(reach, ['sh', '-c', 'cat >"$1"', 'sh', unit.name])} ${hereDocument(content)}`,
      sudo(reach, ['install', '-m', '0644', unit.name, unit.path], true),
      ssh(reach, ['rm', '-f', '--', unit.name]),
    ];
  const words = ['sh', '-c', 'mkdir -p -- "$(dirname -- "$1")" && cat >"$1"', 'sh', unit.path];
  return [`${byManager(unit, words, reach)} ${hereDocument(content)}`];
}

function removeLines({ unit, linger }: Extract<Action, { kind: 'remove-unit' }>, reach: Reach) {
  return [
    ...(linger ? [ssh(reach, unitWords(unit, 'passOn'))] : []),
    systemctl(unit, `disable --now ${unit.name}`, reach),
    byManager(unit, ['rm', '-f', '--', unit.path], reach),
    systemctl(unit, 'daemon-reload', reach),
    ...(linger ? [ssh(reach, unitWords(unit, 'noLinger'))] : []),
  ];
}
