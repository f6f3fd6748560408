/** What each certificate has to be. Pure. */
import { basename, relative } from 'node:path';
import { type Member, type Network, splitHostPort } from '../network/network.ts';
import { meets } from '../pki/key.ts';
import { bothForms, clientUri, dnsName, ipAddress, isAddress, operatorUri } from '../pki/names.ts';
import type { Action, Issue, KeySpec } from '../plan/action.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Answers } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import type { CertsFacts as Facts } from './certs-look.ts';
import { isNew } from './certs-wrong.ts';
import { day, oneDay, pairOf } from './shared.ts';

/** Every address that a client dials has to be in the server's certificate, or no TLS stack will take it. */
export function checkDials(network: Network, profile: Facts['profile']): void {
  const dialed = network.clients.map((client) => ({ client: client.name, host: splitHostPort(client.dial).host }));
  const hosts = [...new Set(dialed.map(({ host }) => host))].filter((host) =>
    isAddress(host) ? !profile.ips.includes(ipAddress(host)) : !profile.dns.includes(dnsName(host)),
  );
  if (hosts.length === 0) return;
  const missing = dialed.filter(({ host }) => hosts.includes(host));
  throw new UserError({
    exitCode: exit.proof,
    doing: 'Issuing the server’s certificate',
    why: `${list(missing.map(({ client }) => client))} will dial ${list(hosts)}, which the certificate would not hold (subjectAltName: ${list([...profile.dns, ...profile.ips])})`,
    hint: `add ${list(hosts)} to server.names in fl-network.yaml, then run fl-wizard config`,
  });
}

export function keySpecOf(network: Network, profile: Facts['profile']): KeySpec {
  return network.certificates.algorithm === 'ec' ? { algorithm: 'ec' } : { algorithm: 'rsa', bits: profile.bits };
}

/** What every certificate of this plan has in common. */
export function issueOf(
  member: Pick<Member, 'name' | 'role'> & Partial<Pick<Member, 'commonName'>>,
  { network }: Answers,
  { places, profile, pairs, user }: Pick<Facts, 'places' | 'profile' | 'pairs' | 'user'>,
): Issue {
  const base = {
    name: member.name,
    days: network.certificates.days,
    key: keySpecOf(network, profile),
    digest: profile.digest,
  };
  const withCn = (cn: string) => [...profile.subject.filter(([type]) => type !== 'CN'), ['CN', cn] as const];
  const pair = pairs[member.name];
  const fits = pair?.certificate === undefined || (pair.keyFits && meets(pair.certificate.key, base.key));
  const keepKey = pair?.keyThere === true && !pair.locked && fits;
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
  const { commonName = member.name } = member;
  return {
    ...base,
    purpose: 'client',
    subject: withCn(commonName),
    sans: { dns: [], ips: [], uris: [clientUri(network.address, network.name, commonName)] },
    files,
    keepKey,
  };
}

export function issueAction(issue: Issue, why: string, facts: Facts): Action {
  const names = [...issue.sans.dns.map(bothForms), ...issue.sans.ips, ...issue.sans.uris];
  const key = issue.keyOn
    ? 'for the key on its host'
    : issue.keepKey
      ? 'which keeps its key'
      : issue.key.algorithm === 'ec'
        ? 'EC P-256'
        : `RSA ${issue.key.bits}`;
  const there = facts.pairs[issue.name]?.certificate !== undefined;
  const again = there || wasIssued(issue, facts);
  // One that was never issued may have its key already, from a run that was ended in between.
  const gone = `${basename(issue.files.certificate)} and ${basename(issue.files.key)} are missing`;
  const because = why === isNew ? gone : why;
  const until = day(new Date(facts.now.getTime() + issue.days * oneDay));
  const path = relative(facts.directory, issue.files.certificate);
  return {
    kind: 'issue',
    authority: facts.places.ca,
    issue,
    text: `${again ? `issue ${path} again, because ${because}` : `issue ${path}`}: ${list(names)}, ${key}, ${issue.keepKey && !issue.keyOn ? 'the certificate valid ' : ''}until ${until}`,
    ...(there && issue.purpose !== 'operator' ? { invalidates: [issue.name] } : {}),
  };
}

/** Whether the register knows a certificate of that name: then its file was there once. */
function wasIssued({ name, purpose }: Issue, { register }: Facts): boolean {
  return register.entries.some((entry) => entry.name === name && entry.purpose === purpose);
}
