/** What is done about a unit, as lines of shell for its host. Pure. */
import { lingered } from './keeper.ts';
import type { Unit } from './unit.ts';

/**
 * `$1` is `--system` or `--user`, `$2` the unit's name, `$3` its path. A login over SSH has not always the variable by
 * which systemctl finds the user's own manager.
 */
export const unitScripts = {
  install:
    'mkdir -p -- "$(dirname -- "$3")" && cat >"$3.new" && mv -f -- "$3.new" "$3" && systemctl "$1" daemon-reload',
  // What systemd says of a start that failed comes last: its exit code tells which directive the host refuses.
  start:
    'systemctl "$1" reset-failed "$2" 2>/dev/null; systemctl "$1" enable --quiet "$2" || exit 1; ' +
    'systemctl "$1" start "$2" && exit 0; ' +
    'systemctl "$1" show --property=ExecMainStatus --value "$2"; systemctl "$1" stop "$2"; exit 1',
  stop: 'systemctl "$1" disable --quiet --now "$2" && { systemctl "$1" reset-failed "$2" 2>/dev/null; true; }',
  remove:
    'systemctl "$1" disable --quiet --now "$2"; rm -f -- "$3" "$3.new" && systemctl "$1" daemon-reload; ' +
    'systemctl "$1" reset-failed "$2" 2>/dev/null; ' +
    // The folders of a user's units, where nothing else is in them.
    'if [ "$1" = --user ]; then cd "$(dirname -- "$3")" 2>/dev/null && rmdir default.target.wants 2>/dev/null; ' +
    'cd && rmdir -p .config/systemd/user 2>/dev/null; fi; true',
  // The manager that lives without a login begins a moment later.
  linger:
    'loginctl enable-linger && for try in $(seq 100); do ' +
    'systemctl --user show --property=Version >/dev/null 2>&1 && exit 0; sleep 0.1; done; exit 1',
  // Before a unit that says it goes: others live by the same lingering, and the last of them shall switch it off.
  passOn:
    'for other in "$(dirname -- "$3")"/fl-wizard-*.service; do [ "$other" = "$3" ] || [ ! -f "$other" ] || ' +
    `grep -qxF '${lingered}' "$other" || echo '${lingered}' >>"$other" || exit 1; done`,
  // Another network's units may live by it.
  noLinger: 'ls "$(dirname -- "$3")"/fl-wizard-*.service >/dev/null 2>&1 || loginctl disable-linger',
} as const;

/** Words that run one of them, as root or as the owner. */
export function unitWords({ kind, name, path }: Unit, script: keyof typeof unitScripts): readonly string[] {
  const first = kind === 'system' ? 'umask 022; ' : 'umask 077; export XDG_RUNTIME_DIR="/run/user/$(id -u)"; ';
  return ['sh', '-c', first + unitScripts[script], 'sh', `--${kind}`, name, path];
}
