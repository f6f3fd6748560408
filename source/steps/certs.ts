/** Step 3: CA, server, clients, operator, and the certificates that must be refused. Nothing right is made again. */
import { relative } from 'node:path';
import type { Network } from '../network/network.ts';
import { clientUri } from '../pki/names.ts';
import { type Action, here, type Probe, type Stage } from '../plan/action.ts';
import type { Answers, Step } from '../plan/step.ts';
import { onItsHost, requestActions, unusedKeys, wrongOnHost } from './certs-hosts.ts';
import { checkAuthority, checkDials, issueAction, issueOf, keySpecOf, wrong } from './certs-issue.ts';
import { type CertsFacts as Facts, observeCertificates, probeNames } from './certs-look.ts';
import { declared } from './inputs.ts';
import { chosen, day, list } from './shared.ts';

function plan(answers: Answers, facts: Facts): readonly Stage[] {
  const { network } = answers;
  checkDials(network, facts.profile);
  checkAuthority(facts);
  const authority: readonly Action[] = facts.ca.certificate ? [] : [authorityAction(network, facts)];
  const lanes: Record<string, readonly Action[]> = {};
  for (const member of chosen(answers)) {
    const key = facts.hostKeys[member.name];
    const issue = onItsHost(issueOf(member, answers, facts), key);
    const why =
      authority.length > 0 && facts.pairs[member.name]?.certificate
        ? 'the CA is new'
        : (wrong(facts.pairs[member.name], issue, facts.now) ?? wrongOnHost(key));
    if (why) lanes[member.name] = [...requestActions(member, issue, key), issueAction(issue, why, facts)];
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
  observe: observeCertificates,
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
    for (const check of unusedKeys(facts.hostKeys)) yield { check };
  },
};
