/** The Python environment of a host, as lines that a person would type. They leave what `deploy` leaves. Pure. */
import { posix } from 'node:path';
import type { Action } from '../plan/action.ts';
import { quote } from '../ssh/commands.ts';
import { shownRequirement, userMark } from './layout.ts';
import { copyTarget, privateFolders, type Reach, ssh } from './shell.ts';
import { comment, hereDocument } from './shell-text.ts';

type Make<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>;

export function environmentLines(action: Make<'make-environment'>, reach: Reach): readonly string[] {
  const { path, link, python, wheels } = action;
  const store = `${posix.dirname(path)}/wheels`;
  const copied = wheels
    ? [quote(['scp', ...reach.options, ...wheels.map(({ file }) => file), copyTarget(reach, store)])]
    : [];
  return [
    privateFolders(reach, [posix.dirname(path), `${path}.users`, posix.dirname(link), ...(wheels ? [store] : [])]),
    ...copied,
    // Which of them a host has is found out there.
    comment(
      'where the host has uv, fl-wizard lets it do the same in less time: uv venv, and uv pip install --python …',
    ),
    ssh(reach, [python, '-m', 'venv', '--clear', path]),
    ...installLines(action, store, reach),
    ssh(reach, ['touch', `${path}/.complete`]),
    ssh(reach, ['ln', '-sfn', path, link]),
    ssh(reach, ['ln', '-sfn', link, userMark(path, link)]),
  ];
}

/** An address without what may be a login: before the host, or in the query. */
const open = (address: string) => shownRequirement(address).replace(/\?\S*$/, '');

function installLines(
  { path, requirements, pip, wheels }: Make<'make-environment'>,
  store: string,
  reach: Reach,
): readonly string[] {
  const install = [`${path}/bin/python`, '-m', 'pip', 'install'];
  const wanted = requirements.map(shownRequirement);
  if (wheels)
    return [ssh(reach, [...install, '--no-index', '--only-binary', ':all:', '--find-links', store, ...wanted])];
  const flags = { indexUrl: '--index-url', extraIndexUrl: '--extra-index-url', proxy: '--proxy' } as const;
  const given = (['indexUrl', 'extraIndexUrl', 'proxy'] as const).flatMap((key) => {
    const value = pip[key]?.reveal();
    return value === undefined ? [] : [{ whole: value, words: [flags[key], open(value)] }];
  });
  const words = [...install, ...given.flatMap((each) => each.words), ...wanted];
  const hidden =
    given.some(({ whole }) => whole !== open(whole)) || requirements.some((line, at) => line !== wanted[at]);
  if (!hidden) return [ssh(reach, words)];
  // With a terminal there, pip asks.
  return [
    comment('a login is left out here: pip asks for it'),
    ssh({ ...reach, options: ['-t', ...reach.options] }, words),
  ];
}

export function existingLines(action: Make<'use-environment'>, reach: Reach): readonly string[] {
  const { path, link, starter } = action;
  const script = `${path}/bin/python`;
  const there = [
    'umask 077',
    quote(['mkdir', '-p', '--', `${path}/bin`, `${path}.users`, posix.dirname(link)]),
    `cat > ${quote([script])}`,
    quote(['chmod', '0700', script]),
    quote(['ln', '-sfn', path, link]),
    quote(['ln', '-sfn', link, userMark(path, link)]),
  ].join('; ');
  return [`${quote(['ssh', ...reach.options, reach.destination, there])} ${hereDocument(starter)}`];
}
