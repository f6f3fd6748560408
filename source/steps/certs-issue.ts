/** What each certificate has to be, and why one is not right. Pure. */
import { relative } from 'node:path';
import { type Member, type Network, splitHostPort } from '../network/network.ts';
import { clientUri, dnsName, ipAddress, isAddress, operatorUri } from '../pki/names.ts';
import type { Action, Issue, KeySpec } from '../plan/action.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Answers } from '../plan/step.ts';
import type { CertsFacts as Facts, Pair } from './certs-look.ts';
import { day, list, pairOf } from './shared.ts';

/** Every address that a client dials has to be in the server's certificate, or no TLS stack will take it. */
export function checkDials(network: Network, profile: Facts['profile']): void {
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

export function checkAuthority({ ca, now, places, directory }: Facts): void {
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
export function keySpecOf(network: Network, profile: Facts['profile']): KeySpec {
  return network.certificates.algorithm === 'ec' ? { algorithm: 'ec' } : { algorithm: 'rsa', bits: profile.bits };
}

/** What every certificate of this plan has in common. */
export function issueOf(
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
export function wrong(pair: Pair | undefined, issue: Issue, now: Date): string | undefined {
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

export function issueAction(issue: Issue, why: string, facts: Facts): Action {
  const names = [...issue.sans.dns, ...issue.sans.ips, ...issue.sans.uris];
  const key = issue.keyOn
    ? 'for the key on its host'
    : issue.keepKey
      ? 'the same key'
      : issue.key.algorithm === 'ec'
        ? 'EC P-256'
        : `RSA ${issue.key.bits}`;
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
