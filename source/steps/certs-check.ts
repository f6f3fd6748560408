/** What step 3 proves of its result, and what it warns of. */
import { relative } from 'node:path';
import type { CertificateValues } from '../pki/configuration.ts';
import { nameText } from '../pki/distinguished-name.ts';
import type { Answers, Evidence, StepCheck } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import type { World } from '../plan/world.ts';
import { unusedKeys } from './certs-hosts.ts';
import type { CertsFacts as Facts } from './certs-look.ts';
import { endsSoon } from './certs-wrong.ts';
import type { Pair } from './pairs.ts';
import { chosen, count, day, daysTo, octal, sameSet } from './shared.ts';
import { valuesOf } from './values.ts';

type Found = Pick<StepCheck, 'ok' | 'detail'> & { readonly hint?: string };

const again = 'fl-wizard certs --allow-reissue makes it anew';

function leaf(pair: Pair | undefined, now: Date): Found {
  if (!pair?.certificate || !pair.keyFits || !pair.byOurCa)
    return { ok: false, detail: 'certificate, key and CA do not belong together' };
  const { notAfter, fingerprint } = pair.certificate;
  const ending = endsSoon(pair.certificate, now);
  if (ending) return { ok: true, detail: ending, hint: again };
  // One that its host made has no file here.
  const key = pair.keyMode === undefined ? '' : `, its key ${octal(pair.keyMode)}`;
  return { ok: true, detail: `until ${day(notAfter)}${key}, SHA-256 ${fingerprint.slice(0, 16)}…` };
}

/**
 * What others can read at the end: also what was opened while the plan, which closes what was open before it, waited for
 * its yes.
 */
function openNow({ open, directory }: Facts): readonly StepCheck[] {
  return open.map(({ path, found, mode }) => ({
    name: relative(directory, path),
    kind: 'state',
    ok: false,
    detail: `its mode is ${octal(found)}, and has to be ${octal(mode)}: others on this machine can get at it`,
    hint: 'fl-wizard certs closes it; if others were on this machine meanwhile, make new ones with --allow-reissue',
  }));
}

/**
 * Whoever copies such a key can issue for this network. In a terminal that was asked about when it was made, and answered;
 * elsewhere nobody has said so.
 */
function unlocked({ ca, places, directory }: Facts, world: Pick<World, 'attended'>): string | undefined {
  if (world.attended || !ca.keyThere || ca.locked) return undefined;
  const key = relative(directory, places.ca.key);
  return `whoever copies the key can issue for this network; openssl pkey -aes256 -in ${key} -out ${key}.new && mv ${key}.new ${key} encrypts it, and --ca-passphrase-file FILE opens it then (a new CA’s is encrypted by that alone)`;
}

/** A CA lasts long, and is forgotten: what it issues can't outlive it, which is the first that is felt of its end. */
function authority(facts: Facts, days: number, world: Pick<World, 'attended'>): Found | undefined {
  const { ca, chain, now } = facts;
  const [first] = [...chain].sort((a, b) => a.notAfter.getTime() - b.notAfter.getTime());
  if (!first) return undefined;
  const key = ca.keyThere
    ? `its key ${ca.locked ? 'encrypted' : 'not encrypted'}, ${octal(ca.keyMode ?? 0)}`
    : 'its key kept elsewhere';
  const detail = `until ${day(first.notAfter)}, ${key}`;
  const left = daysTo(first.notAfter, now);
  const hint = unlocked(facts, world);
  if (left > days) return { ok: true, detail, ...(hint === undefined ? {} : { hint }) };
  return {
    ok: true,
    detail,
    hint: `in ${count(left, 'day')}: what it issues can’t last ${days} days any more; plan a new CA, or set certificates.days lower`,
  };
}

/** Where certificate.conf, which was signed, says another thing than fl-network.yaml, which was meant. */
function differences({ network }: Answers, profile: CertificateValues): readonly string[] {
  const meant = valuesOf(network);
  return [
    ...(nameText(profile.subject) === nameText(meant.subject) ? [] : [`[dn] says ${nameText(profile.subject)}`]),
    ...(sameSet([...profile.dns, ...profile.ips], [...meant.dns, ...meant.ips])
      ? []
      : [`[alt_names] says ${list([...profile.dns, ...profile.ips])}`]),
  ];
}

function configuration(answers: Answers, { profile, edited }: Facts): Found | undefined {
  const differing = differences(answers, profile);
  if (differing.length > 0)
    return {
      ok: true,
      detail: `${list(differing)}, and fl-network.yaml says something else; certificate.conf was followed`,
      hint: 'fl-wizard config writes it from fl-network.yaml',
    };
  if (edited.length === 0) return undefined;
  return {
    ok: true,
    detail: `${list(edited.map((name) => `[${name}]`))} ${edited.length === 1 ? 'was' : 'were'} edited`,
    hint: 'they are there for plain openssl; what is issued here follows the profile, whatever they say',
  };
}

export async function* checkCertificates(
  answers: Answers,
  facts: Facts,
  world: Pick<World, 'attended'>,
): AsyncGenerator<Evidence> {
  const of = (name: string) => [`${name}.crt`, leaf(facts.pairs[name], facts.now)] as const;
  const checks: (readonly [name: string, found: Found | undefined, host?: string])[] = [
    ['certificate.conf', configuration(answers, facts)],
    ['ca.crt', authority(facts, answers.network.certificates.days, world)],
    // By host, so that one whose certificate could not be made is named for that, and not a second time for this.
    ...chosen(answers).map(({ name }) => [...of(name), name] as const),
    of('operator'),
  ];
  for (const [name, found, host] of checks)
    if (found) yield { check: { name, kind: 'state', ...found, ...(host === undefined ? {} : { host }) } };
  for (const check of [...openNow(facts), ...unusedKeys(facts.hostKeys)]) yield { check };
}
