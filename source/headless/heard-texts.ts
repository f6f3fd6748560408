/** What was found and is to be done, said in sentences: for who hears them one after the other. Pure. */
import type { Check } from '../plan/event.ts';
import { type Failure, troubles } from '../plan/failure.ts';
import { list } from '../plan/words.ts';
import { plural } from '../ui/format.ts';

/** So many hosts are told by name. */
const fewHosts = 4;

/** A line as it is heard: without indents, with a colon behind its label and a comma where columns stand apart. */
export function sentence(text: string): string {
  const told = text
    .trim()
    .replace(/^(\w+) {2,}/, '$1: ')
    .replace(/([,.:;]) {2,}/g, '$1 ')
    .replace(/ {2,}/g, ', ');
  return /[.!?:…]$/.test(told) || told === '' ? told : `${told}.`;
}

/** Who something is told of, as its beginning; nobody where it is told of this machine. */
export function who(hosts: readonly string[], mark = ': '): string {
  if (hosts.length === 0) return '';
  return `${hosts.length > fewHosts ? plural(hosts.length, 'host') : list(hosts)}${mark}`;
}

type OfHost = { readonly host?: string };

/** The same of several hosts is told once. @param text what has to be the same */
export function ofHosts<Told extends OfHost>(
  all: readonly Told[],
  text: (told: Told) => string,
  mark?: string,
): readonly string[] {
  const found = new Map<string, string[]>();
  for (const each of all) {
    const hosts = found.get(text(each)) ?? [];
    if (each.host !== undefined) hosts.push(each.host);
    found.set(text(each), hosts);
  }
  return [...found].map(([told, hosts]) => sentence(`${who(hosts, mark)}${told}`));
}

/** What a check is about, where its host alone doesn't say it. */
const about = ({ name, host }: Check) => (name === host ? '' : `${name}: `);

/** Checks one by one; where hosts have the same, they are told together. */
export function checkTexts(checks: readonly Check[]): readonly string[] {
  return ofHosts(checks, (check) => `${check.ok ? '' : 'wrong, '}${about(check)}${check.detail}`, ', ');
}

/** What is right and yet worth a word. */
export function warningTexts(checks: readonly Check[]): readonly string[] {
  const warned = checks.filter(({ ok, hint }) => ok && hint !== undefined);
  return ofHosts(warned, (check) => `${about(check)}${check.detail}. Try: ${check.hint}`, ', ').map(
    (told) => `Warning: ${told}`,
  );
}

/** How many checks came out right: nobody hears a hundred of them to find the one that did not. */
export function countTexts(checks: readonly Check[]): readonly string[] {
  const right = checks.filter(({ ok, hint }) => ok && hint === undefined);
  const of = (kind: Check['kind']) => right.filter((check) => check.kind === kind).length;
  const [refused, accepted, state] = [of('refused'), of('accepted'), of('state')];
  const asTheyMust = [...(refused > 0 ? [`${refused} refused`] : []), ...(accepted > 0 ? [`${accepted} let in`] : [])];
  return [
    ...(asTheyMust.length > 0 ? [`Connections: ${list(asTheyMust)}, each as it must be.`] : []),
    ...(state > 0 ? [`${plural(state, 'check')} came out right.`] : []),
  ];
}

/** All that failed: who, why and what to try. Hosts with the same trouble are told together. */
export function troubleTexts(failures: readonly Failure[]): readonly string[] {
  return troubles(failures).flatMap(({ failure, hosts }) => {
    const { doing, why, said = [], hint, byHand, host } = failure;
    const where = host !== undefined && !doing.includes(host) ? ` (${host})` : '';
    const head = hosts.length > 1 ? `${list(hosts)}: ${why}` : `${doing}${where} failed: ${why}`;
    return [
      sentence(head),
      ...(said.length > 0 ? ['It said:', ...said.map((line) => line.trim())] : []),
      ...(hint ? [sentence(`Try: ${hint}`)] : []),
      ...(byHand ? [`By hand: ${byHand}`] : []),
    ];
  });
}
