/** Units of systemd on a host: written, started, stopped and removed. Root does it for root's manager, the owner for theirs. */
import { refusedBy, type Unit, without } from '../flower/unit.ts';
import { type unitScripts, unitWords } from '../flower/unit-shell.ts';
import type { Member } from '../network/network.ts';
import type { Action } from '../plan/action.ts';
import { exit, UserError } from '../plan/failure.ts';
import { lastLine } from '../ssh/said.ts';
import { type Doing, memberOf } from './perform.ts';
import type { Remote } from './remote.ts';

type Make<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>;
type Done = { readonly code: number; readonly stdout: string; readonly stderr: string };
type Asked = { readonly script: keyof typeof unitScripts; readonly input?: string; readonly signal: AbortSignal };

function ask(remote: Remote, member: Member, unit: Unit, { script, ...options }: Asked): Promise<Done> {
  return remote.run(member, unitWords(unit, script), { as: unit.kind === 'system' ? 'root' : 'owner', ...options });
}

/** What root would type there instead; nothing where a whole text has to be written. */
function byHand({ kind, name, path }: Unit, script: Asked['script']): string | undefined {
  if (kind !== 'system') return undefined;
  const stop = `sudo systemctl disable --now ${name}`;
  const lines: Partial<Record<Asked['script'], string>> = {
    start: `sudo systemctl enable --now ${name}`,
    stop,
    remove: `${stop}; sudo rm ${path}; sudo systemctl daemon-reload`,
  };
  return lines[script];
}

/** Our words are a script's, so a rule of sudoers for systemctl alone would not let them through. */
function lockedHint({ ssh, name }: Member, unit: Unit, script: Asked['script']): string {
  const line = byHand(unit, script);
  const user = ssh.user ?? 'the SSH user';
  return `let ${user} use sudo on ${name} without a password (NOPASSWD: ALL)${line === undefined ? '' : `, or type there: ${line}`}`;
}

function trouble(member: Member, unit: Unit, doing: string, script: Asked['script'], done: Done): UserError {
  const why = lastLine(done.stderr) || `it ended with ${done.code}`;
  const locked = /^sudo: .*(password|terminal)/.test(why);
  const systemctl = unit.kind === 'system' ? 'sudo systemctl' : 'systemctl --user';
  return new UserError({
    exitCode: exit.remote,
    host: member.name,
    doing,
    why,
    hint: locked ? lockedHint(member, unit, script) : `${systemctl} status ${unit.name}, on that host`,
  });
}

async function asked(remote: Remote, member: Member, unit: Unit, doing: string, about: Asked): Promise<void> {
  const done = await ask(remote, member, unit, about);
  if (done.code !== 0) throw trouble(member, unit, doing, about.script, done);
}

export async function installUnit(action: Make<'install-unit'>, { network, remote, signal }: Doing): Promise<void> {
  const { unit, content: input, linger } = action;
  const member = memberOf(network, action.host);
  const doing = `Installing ${unit.name}`;
  if (linger) await asked(remote, member, unit, doing, { script: 'linger', signal });
  await asked(remote, member, unit, doing, { script: 'install', input, signal });
}

export async function removeUnit(action: Make<'remove-unit'>, { network, remote, signal }: Doing): Promise<void> {
  const { unit, linger } = action;
  const member = memberOf(network, action.host);
  const doing = `Removing ${unit.name}`;
  if (linger) await asked(remote, member, unit, doing, { script: 'passOn', signal });
  await asked(remote, member, unit, doing, { script: 'remove', signal });
  if (linger) await asked(remote, member, unit, doing, { script: 'noLinger', signal });
}

export async function stopUnit(
  remote: Remote,
  member: Member,
  unit: Unit,
  doing: string,
  signal: AbortSignal,
): Promise<void> {
  await asked(remote, member, unit, doing, { script: 'stop', signal });
}

/**
 * Starts a unit. What its host can't set up for it is left out step by step, in the unit itself, and named: a host is not
 * to go without training because its container knows no namespaces.
 */
export async function startUnit(
  { host, config, unit }: Make<'start'> & { readonly unit: NonNullable<Make<'start'>['unit']> },
  { network, remote, report, signal }: Doing,
): Promise<void> {
  const member = memberOf(network, host);
  const doing = `Starting ${member.role === 'server' ? 'the Flower server' : member.name}`;
  const home = config.slice(0, config.lastIndexOf('/'));
  await remote.call(member, { verb: 'forget', home, name: member.name }, doing, { signal });
  let content = unit.content;
  for (;;) {
    const done = await ask(remote, member, unit, { script: 'start', signal });
    if (done.code === 0) return;
    const code = Number(lastLine(done.stdout));
    const refused = refusedBy(code, content);
    if (refused.length === 0) throw trouble(member, unit, doing, 'start', done);
    content = without(content, refused, unit.systemd, code);
    await asked(remote, member, unit, doing, { script: 'install', input: content, signal });
    report.check({
      name: 'unit',
      host,
      kind: 'state',
      ok: true,
      detail: `${unit.name} runs with less protection: systemd ${unit.systemd} could not do ${refused.join(', ')} there (${code})`,
      hint: 'the unit names what was left out; a container or kernel that allows namespaces to systemd takes all of it',
    });
  }
}
