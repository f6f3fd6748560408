/** Step 3: CA, server, clients, operator, and the certificates that must be refused. Nothing right is made again. */
import { basename, relative } from 'node:path';
import type { Network } from '../network/network.ts';
import { clientUri } from '../pki/names.ts';
import { type Action, here, type Issue, isExpired, type Probe, type Stage } from '../plan/action.ts';
import { type Answers, type Step, standing } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import { authorityActions, checkAuthority, checkNames, requireSigner } from './certs-authority.ts';
import { checkCertificates } from './certs-check.ts';
import { onItsHost, requestActions, wrongOnHost } from './certs-hosts.ts';
import { checkDials, issueAction, issueOf } from './certs-issue.ts';
import { type CertsFacts as Facts, observeCertificates } from './certs-look.ts';
import { registerActions } from './certs-register.ts';
import { endsSoon, wrong } from './certs-wrong.ts';
import { declared } from './inputs.ts';
import type { Pair } from './pairs.ts';
import { chosen, octal, probeNames } from './shared.ts';

function plan(answers: Answers, facts: Facts): readonly Stage[] {
  const { network } = answers;
  checkDials(network, facts.profile);
  checkAuthority(facts);
  const authority = authorityActions(network, facts);
  const isNew = authority.some(({ kind }) => kind === 'make-authority');
  const issued = (member: Parameters<typeof issueOf>[0]): readonly Action[] => {
    const key = facts.hostKeys[member.name];
    const issue = onItsHost(issueOf(member, answers, facts), key);
    const why =
      whyIssue(facts.pairs[member.name], issue, facts, isNew, answers.options.allowReissue === true) ??
      wrongOnHost(key);
    if (why === undefined) return [];
    checkNames(facts, issue);
    return [...requestActions(issue, key), issueAction(issue, why, facts)];
  };
  const members = chosen(answers).map((member) => [member.name, issued(member)] as const);
  const own = [...issued({ name: 'operator', role: 'client' }), ...probeActions(network, facts)];
  if (own.length > 0 || members.some(([, actions]) => actions.length > 0)) requireSigner(facts, network);
  const lanes = Object.fromEntries([...members, [here, own] as const].filter(([, actions]) => actions.length > 0));
  return [
    { title: 'Files', lanes: { [here]: [...modeActions(facts), ...registerActions(facts.places, facts.register)] } },
    { title: 'CA', lanes: { [here]: authority } },
    { title: 'Certificates', lanes },
  ].filter((stage) => Object.values(stage.lanes).some((actions) => actions.length > 0));
}

function whyIssue(
  pair: Pair | undefined,
  issue: Issue,
  facts: Facts,
  isNew: boolean,
  allowed: boolean,
): string | undefined {
  if (isNew && pair?.certificate) return 'the CA is new';
  // One that ends soon is still right: it is made anew where that is approved, and only named otherwise.
  return (
    wrong(pair, issue, facts) ?? (allowed && pair?.certificate ? endsSoon(pair.certificate, facts.now) : undefined)
  );
}

/** After `chmod -R` all of a thousand keys are open. */
const mostNamed = 6;

function modeActions({ open, directory }: Facts): readonly Action[] {
  if (open.length === 0) return [];
  const named = open.slice(0, open.length > mostNamed ? mostNamed - 1 : mostNamed);
  const more = open.length > named.length ? [`${open.length - named.length} more`] : [];
  const files = list([...named.map(({ path, mode }) => `${relative(directory, path)} (${octal(mode)})`), ...more]);
  return [{ kind: 'set-local-modes', entries: open, text: `let nobody else read ${files}` }];
}

/**
 * Whether a probe still proves what it is for: an expired one is refused whatever the CRL says, and one with an old name
 * is no impostor any more.
 */
function usable(probe: Probe, { probes, now }: Facts): boolean {
  const { name, sans } = probe;
  const pair = probes[name];
  if (!pair?.certificate || !pair.keyFits || (name !== 'foreign' && !pair.byOurCa)) return false;
  const { dns, ips, uris } = pair.certificate.sans;
  const held = new Set([...dns, ...ips, ...uris]);
  const named = [...sans.dns, ...sans.ips, ...sans.uris].every((each) => held.has(each));
  return (isExpired(probe) || pair.certificate.notAfter > now) && named;
}

/** What is no longer there of what was made for the proof; nothing where none of it was. */
function missingOf({ probes, crl, places }: Facts): readonly string[] {
  const names = probeNames.filter((name) => !probes[name]?.certificate).map((name) => `${name}.crt`);
  const keys = probeNames.filter((name) => probes[name]?.certificate && !probes[name]?.keyThere);
  const gone = [...names, ...keys.map((name) => `${name}.key`), ...(crl ? [] : [basename(places.crl)])];
  return gone.length > probeNames.length ? [] : gone;
}

/** The certificates that must be refused are made once, so that the proof never needs the CA's key. */
function probeActions(network: Network, facts: Facts): readonly Action[] {
  const impostor = network.clients[0]?.commonName ?? 'client';
  const probes: readonly Probe[] = probeNames.map((name) => {
    const commonName = name === 'impostor' || name === 'foreign' ? impostor : `probe-${name}`;
    const subject = [...facts.profile.subject.filter(([type]) => type !== 'CN'), ['CN', commonName] as const];
    // What clients dial is enough: the others of the server's names may change without a new one.
    const dialed = (names: readonly string[]) => names.filter((each) => each === network.address);
    const [dns, ips] = [dialed(facts.profile.dns), dialed(facts.profile.ips)];
    const own = dns.length + ips.length > 0 ? { dns, ips } : { dns: facts.profile.dns, ips: facts.profile.ips };
    if (name === 'server-expired') return { name, subject, sans: { ...own, uris: [] } };
    return { name, subject, sans: { dns: [], ips: [], uris: [clientUri(network.address, network.name, commonName)] } };
  });
  const right = facts.issuing && facts.crl && probes.every((probe) => usable(probe, facts));
  if (right) return [];
  const gone = missingOf(facts);
  const again = gone.length > 0 ? ` again, since ${list(gone)} ${gone.length === 1 ? 'is' : 'are'} missing` : '';
  return [
    {
      kind: 'make-probes',
      authority: facts.places.ca,
      folder: facts.places.probes,
      crl: facts.places.crl,
      days: network.certificates.days,
      digest: facts.profile.digest,
      probes,
      revoked: [...facts.register.revoked, ...facts.register.missingRevoked],
      text: `make ${probes.length} certificates that must be refused (${list(probeNames)}), for the proof${again}; they stay in .fl-wizard/probes and let nobody in`,
    },
  ];
}
export const certsStep: Step<Facts> = {
  ...declared('certs'),
  effect: 'changes',
  observe: observeCertificates,
  plan,
  stands: (_, { ca, pairs }, planned) =>
    standing(
      planned,
      [ca, ...Object.values(pairs)].some(({ certificate }) => certificate !== undefined),
    ),
  verify: checkCertificates,
};
