/** How long the certificates last: the server's as it presents it, the others as they lie here. */
import { identify } from '../pki/inspect.ts';
import { openCertificate } from '../pki/key.ts';
import type { ProofCertificate, ProofTry } from '../plan/proven.ts';
import { soonDays } from '../plan/span.ts';
import type { Answers, StepCheck } from '../plan/step.ts';
import type { World } from '../plan/world.ts';
import { naming } from './pairs.ts';
import { chosenClients, count, day, daysTo, pairOf, placesOf } from './shared.ts';

const presentedName = 'server (as presented)';
const renew = 'fl-wizard certs --allow-reissue makes it anew, fl-wizard deploy --only-certificates puts it in place';
const renewAuthority = 'plan a new CA: what it has issued ends with it (fl-wizard cert show ca)';

function lasting(name: string, fingerprint: string, notAfter: Date, now: Date): ProofCertificate {
  return { name, fingerprint, notAfter: notAfter.toISOString(), daysLeft: daysTo(notAfter, now) };
}

async function local(world: World, name: string, file: string): Promise<readonly ProofCertificate[]> {
  const pem = (await world.read(file))?.content.toString('utf8');
  if (pem === undefined) return [];
  const { fingerprint, notAfter } = identify(naming(file, () => openCertificate(pem)).raw);
  return [lasting(name, fingerprint, notAfter, world.now())];
}

/** Fingerprint of the server's certificate as it lies here. */
export async function issuedServer({ network }: Answers, world: World): Promise<string | undefined> {
  const [found] = await local(world, 'server', pairOf(placesOf(world.directory, network), 'server').certificate);
  return found?.fingerprint;
}

/**
 * Whose certificates lie here that are others than those that a proof was made with: of them it says nothing.
 * @param proved the certificates of that proof
 */
export async function replacedSince(
  proved: readonly ProofCertificate[],
  answers: Answers,
  world: World,
): Promise<readonly string[]> {
  const own = await certificatesOf(answers, world, []);
  const issued = await issuedServer(answers, world);
  const shown = proved.filter(({ name }) => name === presentedName);
  const served = issued === undefined || shown.length === 0 || shown.some(({ fingerprint }) => fingerprint === issued);
  const before = new Map(proved.map(({ name, fingerprint }) => [name, fingerprint]));
  const others = own.filter(({ name, fingerprint }) => (before.get(name) ?? fingerprint) !== fingerprint);
  return [...(served ? [] : ['server']), ...others.map(({ name }) => name)];
}

/** @param tries what was seen of the server in them */
export async function certificatesOf(
  answers: Answers,
  world: World,
  tries: readonly ProofTry[],
): Promise<readonly ProofCertificate[]> {
  const places = placesOf(world.directory, answers.network);
  const presented = new Map(tries.flatMap(({ presented }) => (presented ? [[presented.fingerprint, presented]] : [])));
  const files = [
    ...chosenClients(answers).map(({ name }) => [name, pairOf(places, name).certificate] as const),
    ['operator', places.operator.certificate] as const,
    ['ca', places.ca.certificate] as const,
  ];
  return [
    ...[...presented.values()].map(({ fingerprint, notAfter }) =>
      lasting(presentedName, fingerprint, new Date(notAfter), world.now()),
    ),
    ...(await Promise.all(files.map(([name, file]) => local(world, name, file)))).flat(),
  ];
}

function ending({ name, notAfter, daysLeft }: ProofCertificate): StepCheck {
  const on = day(new Date(notAfter));
  return {
    name: `certificate of ${name}`,
    kind: 'state',
    ok: daysLeft >= 0,
    detail: daysLeft < 0 ? `it expired on ${on}` : `it ends on ${on}, in ${count(daysLeft, 'day')}`,
    hint: name === 'ca' ? renewAuthority : renew,
  };
}

/** Each that ends within a month or has ended; and where the server shows another than lies here. */
export function checksOfDays(
  certificates: readonly ProofCertificate[],
  issued: string | undefined,
): readonly StepCheck[] {
  const [first] = [...certificates].sort((a, b) => a.daysLeft - b.daysLeft);
  if (!first) return [];
  const other = certificates.find(({ name, fingerprint }) => name === presentedName && fingerprint !== issued);
  const about = { kind: 'state', ok: true } as const;
  const soon = certificates.filter(({ daysLeft }) => daysLeft < soonDays);
  const detail = `${count(certificates.length, 'certificate')}; the first to end is that of ${first.name}, in ${count(first.daysLeft, 'day')}`;
  return [
    ...(soon.length > 0 ? soon.map(ending) : [{ ...about, name: 'days left', detail }]),
    ...(other && issued
      ? [
          {
            ...about,
            name: 'the server’s certificate',
            detail: `it presents ${other.fingerprint.slice(0, 16)}…, and fl_network/server.crt is ${issued.slice(0, 16)}…`,
            hint: 'fl-wizard deploy --only-certificates puts the new one in place; the running server takes it up',
          },
        ]
      : []),
  ];
}
