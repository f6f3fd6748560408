/** Step 3: CA, server, clients, operator, and the certificates that must be refused. Nothing right is made again. */
import { createHash } from 'node:crypto';
import { relative } from 'node:path';
import { type Member, members, type Network, splitHostPort } from '../network/network.ts';
import { certificateValues, parseConfiguration } from '../pki/configuration.ts';
import { type CertificateFacts, inspectCertificate, issuedBy } from '../pki/inspect.ts';
import { readKey, sameKey } from '../pki/key.ts';
import { clientUri, dnsName, ipAddress, isAddress, operatorUri } from '../pki/names.ts';
import { type Action, here, type Issue, type KeySpec, type Probe, type Stage } from '../plan/action.ts';
import { exit, UserError } from '../plan/failure.ts';
import { Secret } from '../plan/secret.ts';
import type { Answers, Step } from '../plan/step.ts';
import type { Looks, World } from '../plan/world.ts';
import { configStep } from './config.ts';
import { declared } from './inputs.ts';
import { lookAtAll } from './placed.ts';
import { chosen, day, factsOf, failuresOf, list, type Places, pairOf, placesOf } from './shared.ts';

/** A pair of files as it is. */
type Pair = {
  readonly certificate?: CertificateFacts;
  readonly pem?: string;
  readonly keyThere: boolean;
  readonly keyMode?: number;
  readonly keyFits: boolean;
  readonly byOurCa: boolean;
};

type Facts = {
  readonly directory: string;
  readonly places: Places;
  readonly now: Date;
  readonly user: string;
  readonly profile: ReturnType<typeof certificateValues>;
  readonly ca: Pair;
  /** By name: `server`, the clients', and `operator`. */
  readonly pairs: Readonly<Record<string, Pair>>;
  readonly probes: Readonly<Record<string, Pair>>;
  readonly crlThere: boolean;
  /** Hosts that hold the certificates of another CA: a network that runs, from a folder that is not this one. */
  readonly taken: readonly string[];
  /** Local files that somebody opened to others (the tutorial's `chmod -R 755`), with the mode that they must have. */
  readonly open: readonly { readonly path: string; readonly mode: number }[];
};

const probeNames = ['expired', 'revoked', 'unlisted', 'impostor', 'foreign'] as const;

/** Trouble with the content of a file names the file. */
function naming<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const hint = error.failure.hint ?? 'put the right file back, or move it away: then a new one is made';
    throw new UserError({ ...error.failure, doing: `Reading ${path}`, hint });
  }
}

async function readPair(world: World, files: { certificate: string; key: string }, ca?: string): Promise<Pair> {
  const [certificate, key] = await Promise.all([world.read(files.certificate), world.read(files.key)]);
  const pem = certificate?.content.toString('utf8');
  return {
    keyThere: key !== undefined,
    keyFits:
      pem !== undefined &&
      key !== undefined &&
      naming(files.key, () => sameKey(pem, readKey(new Secret(key.content.toString('utf8'))))),
    ...(key ? { keyMode: key.mode } : {}),
    byOurCa: pem !== undefined && ca !== undefined && issuedBy(pem, ca),
    ...(pem === undefined ? {} : { pem, certificate: naming(files.certificate, () => inspectCertificate(pem)) }),
  };
}

async function observe(answers: Answers, world: World): Promise<Facts> {
  const { network } = answers;
  if (network.certificates.keys === 'host') throw keysHost();
  const looks = answers.options.offline ? {} : await lookAtAll(answers, world);
  if (!answers.options.offline) {
    const [failure] = failuresOf(looks);
    if (failure)
      throw new UserError({ ...failure, hint: failure.hint ?? 'certs --offline makes them without looking' });
  }
  const places = placesOf(world.directory, network);
  const text = (await world.read(places.configuration))?.content.toString('utf8');
  const ca = await readPair(world, places.ca);
  const names = members(network).map(({ name }) => name);
  const pairs = await Promise.all(
    [...names.map((name) => pairOf(places, name)), places.operator].map((files) => readPair(world, files, ca.pem)),
  );
  const probes = await Promise.all(
    probeNames.map((name) =>
      readPair(world, { certificate: `${places.probes}/${name}.crt`, key: `${places.probes}/${name}.key` }, ca.pem),
    ),
  );
  return {
    directory: world.directory,
    places,
    now: world.now(),
    user: world.user,
    profile: await profileOf(answers, world, text),
    ca,
    pairs: Object.fromEntries([...names, 'operator'].flatMap((name, at) => (pairs[at] ? [[name, pairs[at]]] : []))),
    probes: Object.fromEntries(probeNames.flatMap((name, at) => (probes[at] ? [[name, probes[at]]] : []))),
    taken: takenHosts(answers, looks, ca),
    open: [
      [places.ca.key, ca] as const,
      ...names.map((name, at) => [pairOf(places, name).key, pairs[at]] as const),
    ].flatMap(([path, pair]) =>
      pair?.keyMode === undefined || (pair.keyMode & 0o077) === 0 ? [] : [{ path, mode: 0o600 }],
    ),
    crlThere: (await world.read(places.crl)) !== undefined,
  };
}

/** A host whose ca.crt is not ours is in a network that another folder made. */
function takenHosts(answers: Answers, looks: Looks, ca: Pair): readonly string[] {
  const ours = ca.pem === undefined ? undefined : createHash('sha256').update(ca.pem).digest('hex');
  return chosen(answers).flatMap(({ name }) => {
    const facts = factsOf(looks, name);
    const there = facts?.files[`${facts.paths.certificates}/ca.crt`]?.sha256;
    return there === undefined || there === ours ? [] : [name];
  });
}

/** What certificate.conf says; before it exists (a dry run of `up`), what step 1 would write. */
async function profileOf(answers: Answers, world: World, text: string | undefined): Promise<Facts['profile']> {
  const file = relative(world.directory, placesOf(world.directory, answers.network).configuration);
  if (text !== undefined) return certificateValues(parseConfiguration(text, file));
  const [action] = configStep
    .plan(answers, await configStep.observe(answers, world))
    .flatMap((s) => s.lanes[here] ?? []);
  return certificateValues(parseConfiguration(action?.kind === 'write-file' ? action.content : '', file));
}

function keysHost(): UserError {
  return new UserError({
    exitCode: exit.invalid,
    doing: 'Reading fl-network.yaml',
    why: 'certificates.keys: host is not built yet; this version makes keys here and copies them',
    hint: 'leave certificates.keys out, or set it to here',
  });
}

/** Every address that a client dials has to be in the server's certificate, or no TLS stack will take it. */
function checkDials(network: Network, profile: Facts['profile']): void {
  const missing = network.clients.flatMap((client) => {
    const { host } = splitHostPort(client.dial);
    const held = isAddress(host) ? profile.ips.includes(ipAddress(host)) : profile.dns.includes(dnsName(host));
    return held ? [] : [{ client: client.name, host }];
  });
  if (missing.length === 0) return;
  const hosts = [...new Set(missing.map(({ host }) => host))];
  throw new UserError({
    exitCode: exit.proof,
    doing: 'Issuing the server’s certificate',
    why: `${list(missing.map(({ client }) => client))} will dial ${list(hosts)}, which the certificate would not hold (subjectAltName: ${list([...profile.dns, ...profile.ips])})`,
    hint: `add ${list(hosts)} to server.names in fl-network.yaml, then run fl-wizard config`,
  });
}

function checkAuthority({ ca, now, places, directory }: Facts): void {
  const shown = relative(directory, places.ca.certificate);
  const fail = (why: string, hint: string) => {
    throw new UserError({ exitCode: exit.proof, doing: `Looking at ${shown}`, why, hint });
  };
  if (!ca.certificate) return;
  if (!ca.certificate.authority)
    fail(
      'it is no CA certificate (basicConstraints says CA:FALSE, as the tutorial makes it): every TLS stack but gRPC’s refuses it',
      `move ${relative(directory, places.folder)} away and run fl-wizard certs: a new CA needs new certificates on every host`,
    );
  if (!ca.keyThere)
    fail('its key, ca.key, is not here, and nothing can be issued without it', 'put ca.key back beside it');
  if (!ca.keyFits)
    fail('ca.key does not belong to it', 'put the right ca.key and ca.crt back together; nothing was issued');
  if (ca.certificate.notAfter <= now)
    fail(
      `the CA expired on ${day(ca.certificate.notAfter)}`,
      `move ${relative(directory, places.folder)} away and run fl-wizard certs: a new CA needs new certificates on every host`,
    );
}

function keySpecOf(network: Network, profile: Facts['profile']): KeySpec {
  return network.certificates.algorithm === 'ec' ? { algorithm: 'ec' } : { algorithm: 'rsa', bits: profile.bits };
}

/** What every certificate of this plan has in common. */
function issueOf(
  member: Pick<Member, 'name' | 'role'>,
  { network }: Answers,
  { places, profile, pairs, user }: Facts,
): Issue {
  const base = {
    name: member.name,
    days: network.certificates.days,
    key: keySpecOf(network, profile),
    digest: profile.digest,
  };
  const withCn = (cn: string) => [...profile.subject.filter(([type]) => type !== 'CN'), ['CN', cn] as const];
  const pair = pairs[member.name];
  const keepKey = pair?.keyThere === true && (pair.certificate === undefined || pair.keyFits);
  if (member.name === 'operator')
    return {
      ...base,
      purpose: 'operator',
      subject: withCn(`operator ${user}`),
      sans: { dns: [], ips: [], uris: [operatorUri(network.address, network.name, user)] },
      files: places.operator,
      keepKey,
    };
  const files = pairOf(places, member.name);
  if (member.role === 'server')
    return {
      ...base,
      purpose: 'server',
      subject: profile.subject,
      sans: { dns: profile.dns, ips: profile.ips, uris: [] },
      files,
      keepKey,
    };
  const { commonName } = network.clients.find(({ name }) => name === member.name) ?? { commonName: member.name };
  return {
    ...base,
    purpose: 'client',
    subject: withCn(commonName),
    sans: { dns: [], ips: [], uris: [clientUri(network.address, network.name, commonName)] },
    files,
    keepKey,
  };
}

/** Why a certificate has to be made (again); nothing where it is right. */
function wrong(pair: Pair | undefined, issue: Issue, now: Date): string | undefined {
  if (!pair?.certificate) return pair?.keyThere ? 'its certificate is missing' : 'new';
  const { certificate } = pair;
  if (!pair.keyThere) return 'its key is missing';
  if (!pair.keyFits) return 'its key belongs to another certificate';
  if (!pair.byOurCa) return 'another CA issued it';
  const same = (a: readonly string[], b: readonly string[]) =>
    JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
  const { dns, ips, uris } = certificate.sans;
  if (!same(dns, issue.sans.dns) || !same(ips, issue.sans.ips) || !same(uris, issue.sans.uris))
    return `its names differ (${list([...dns, ...ips, ...uris])})`;
  if (certificate.commonName !== issue.subject.find(([type]) => type === 'CN')?.[1]) return 'its common name differs';
  if (certificate.key.algorithm !== issue.key.algorithm) return `its key is ${certificate.key.algorithm.toUpperCase()}`;
  if (certificate.key.algorithm === 'rsa' && issue.key.algorithm === 'rsa' && certificate.key.bits < issue.key.bits)
    return `its key has only ${certificate.key.bits} bits`;
  if (certificate.notAfter <= now) return `it expired on ${day(certificate.notAfter)}`;
  return undefined;
}

function issueAction(issue: Issue, why: string, facts: Facts): Action {
  const names = [...issue.sans.dns, ...issue.sans.ips, ...issue.sans.uris];
  const key = issue.keepKey ? 'the same key' : issue.key.algorithm === 'ec' ? 'EC P-256' : `RSA ${issue.key.bits}`;
  const again = facts.pairs[issue.name]?.certificate !== undefined;
  const until = day(new Date(facts.now.getTime() + issue.days * 86_400_000));
  const path = relative(facts.directory, issue.files.certificate);
  return {
    kind: 'issue',
    authority: facts.places.ca,
    issue,
    text: `${again ? `issue ${path} again, because ${why}` : `issue ${path}`}: ${list(names)}, ${key}, until ${until}`,
    ...(again && issue.purpose !== 'operator' ? { invalidates: [issue.name] } : {}),
  };
}

function plan(answers: Answers, facts: Facts): readonly Stage[] {
  const { network } = answers;
  checkDials(network, facts.profile);
  checkAuthority(facts);
  const authority: readonly Action[] = facts.ca.certificate ? [] : [authorityAction(network, facts)];
  const lanes: Record<string, readonly Action[]> = {};
  for (const member of chosen(answers)) {
    const issue = issueOf(member, answers, facts);
    const why =
      authority.length > 0 && facts.pairs[member.name]?.certificate
        ? 'the CA is new'
        : wrong(facts.pairs[member.name], issue, facts.now);
    if (why) lanes[member.name] = [issueAction(issue, why, facts)];
  }
  const operator = issueOf({ name: 'operator', role: 'client' }, answers, facts);
  const why = wrong(facts.pairs.operator, operator, facts.now);
  const own = [
    ...(why || authority.length > 0 ? [issueAction(operator, why ?? 'the CA is new', facts)] : []),
    ...probeActions(network, facts),
  ];
  if (own.length > 0) lanes[here] = own;
  const modes: readonly Action[] =
    facts.open.length === 0
      ? []
      : [
          {
            kind: 'set-local-modes',
            entries: facts.open,
            text: `close ${list(facts.open.map(({ path }) => relative(facts.directory, path)))} to others (0600)`,
          },
        ];
  return [
    { title: 'Modes', lanes: { [here]: modes } },
    { title: 'CA', lanes: { [here]: authority } },
    { title: 'Certificates', lanes },
  ].filter((stage) => Object.values(stage.lanes).some((actions) => actions.length > 0));
}

function authorityAction(network: Network, facts: Facts): Action {
  const until = day(new Date(facts.now.getTime() + network.certificates.caDays * 86_400_000));
  const shown = relative(facts.directory, facts.places.ca.certificate);
  return {
    kind: 'make-authority',
    subject: facts.profile.subject,
    networkName: network.name,
    days: network.certificates.caDays,
    key: keySpecOf(network, facts.profile),
    digest: facts.profile.digest,
    files: facts.places.ca,
    text: `make the CA ${shown}, until ${until}; its key never leaves this machine`,
    ...(facts.taken.length > 0 ? { invalidates: facts.taken } : {}),
  };
}

/**
 * Whether a probe still proves what it is for: an expired one is refused whatever the CRL says, and one with an old name
 * is no impostor any more.
 */
function usable({ name, uri }: Probe, { probes, now }: Facts): boolean {
  const pair = probes[name];
  if (!pair?.certificate || !pair.keyFits || (name !== 'foreign' && !pair.byOurCa)) return false;
  return (name === 'expired' || pair.certificate.notAfter > now) && pair.certificate.sans.uris.includes(uri);
}

/** The certificates that must be refused are made once, so that the proof never needs the CA's key. */
function probeActions(network: Network, facts: Facts): readonly Action[] {
  const impostor = network.clients[0]?.commonName ?? 'client';
  const probes: readonly Probe[] = probeNames.map((name) => {
    const commonName = name === 'impostor' || name === 'foreign' ? impostor : `probe-${name}`;
    return {
      name,
      subject: [...facts.profile.subject.filter(([type]) => type !== 'CN'), ['CN', commonName] as const],
      uri: clientUri(network.address, network.name, commonName),
    };
  });
  const right = facts.ca.certificate && facts.crlThere && probes.every((probe) => usable(probe, facts));
  if (right) return [];
  return [
    {
      kind: 'make-probes',
      authority: facts.places.ca,
      folder: facts.places.probes,
      crl: facts.places.crl,
      days: network.certificates.days,
      digest: facts.profile.digest,
      probes,
      text: `make ${probes.length} certificates that must be refused (${list(probeNames)}), for the proof`,
    },
  ];
}

export const certsStep: Step<Facts> = {
  ...declared('certs'),
  effect: 'changes',
  observe,
  plan,
  async *verify(answers, facts) {
    for (const name of [...chosen(answers).map((member) => member.name), 'operator']) {
      const pair = facts.pairs[name];
      const ok = pair?.certificate !== undefined && pair.keyFits && pair.byOurCa;
      const detail =
        pair?.certificate && ok
          ? `until ${day(pair.certificate.notAfter)}, SHA-256 ${pair.certificate.fingerprint.slice(0, 16)}…`
          : 'certificate, key and CA do not belong together';
      yield { check: { name: `${name}.crt`, kind: 'state', ok, detail } };
    }
  },
};
