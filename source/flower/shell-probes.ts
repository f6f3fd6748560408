/** The certificates that must be refused, as lines for openssl. They leave the files that `make-probes` leaves. Pure. */
import { join } from 'node:path';
import { sectionText } from '../pki/configuration-new.ts';
import { authoritySubject } from '../pki/subject.ts';
import { type AuthorityFiles, isExpired, type KeySpec, type Probe, purposeOf } from '../plan/action.ts';
import { quote } from '../ssh/commands.ts';
import {
  aboutPassphrase,
  authorityLine,
  behind,
  closedFolder,
  extensionDocument,
  genpkey,
  type Leaf,
  type Make,
  type Making,
  newRequest,
  passin,
  readable,
  signLine,
} from './shell-openssl.ts';
import { comment, hereDocument } from './shell-text.ts';

/** What `openssl ca` needs for a certificate with given dates and for a list; the files lie in a folder of their own. */
const caConfiguration = (digest: string) =>
  [
    sectionText('ca', ['default_ca = probes']),
    sectionText('probes', [
      'database = index.txt',
      'serial = serial',
      'crlnumber = crlnumber',
      'new_certs_dir = .',
      `default_md = ${digest}`,
      'policy = any',
      'crl_extensions = crl',
    ]),
    sectionText('any', ['CN = supplied']),
    sectionText('crl', ['authorityKeyIdentifier = keyid']),
  ].join('');

/** The list is enforced also when it is outdated; a year keeps the reminder rare. */
const crlDays = '365';
const probeKey: KeySpec = { algorithm: 'ec' };

/** The certificates that must be refused, and the list that revokes one of them. */
export function probeLines(action: Make<'make-probes'>, making: Making): readonly string[] {
  const { configuration, intermediates } = making;
  const { authority, folder, crl, digest, days, probes } = action;
  const file = (probe: Probe, ending: string) => join(folder, `${probe.name}.${ending}`);
  const request = (probe: Probe) =>
    quote([...newRequest(probe.subject, digest, file(probe, 'key')), '-config', configuration]);
  const leaf = (probe: Probe): Leaf => ({
    purpose: purposeOf(probe),
    sans: probe.sans,
    algorithm: probeKey.algorithm,
  });
  const foreign: Pick<AuthorityFiles, 'certificate' | 'key'> = { certificate: 'foreign.crt', key: 'foreign.key' };
  const ca = [
    'openssl',
    'ca',
    '-config',
    'ca.conf',
    '-cert',
    authority.certificate,
    '-keyfile',
    authority.key,
    ...passin(making),
  ];

  const signed = (probe: Probe) => {
    const certificate = file(probe, 'crt');
    const signer = probe.name === 'foreign' ? foreign : authority;
    const signing = { ...leaf(probe), digest, days, authority: signer, certificate };
    // The foreign CA is made here, and has none.
    return `${request(probe)} | ${signLine(signing, configuration, signer === foreign ? [] : passin(making))}`;
  };
  // Only `openssl ca` takes dates in every version.
  const expired = (probe: Probe) => {
    const dates = ['-startdate', '200101000000Z', '-enddate', '200102000000Z'];
    const rest = ['-extfile', '/dev/fd/3', '-extensions', `v3_${purposeOf(probe)}`, '-out', file(probe, 'crt')];
    const words = [...ca, '-batch', '-notext', '-preserveDN', ...dates, '-in', '/dev/stdin', ...rest];
    return `${request(probe)} | ${quote(words)} 3${extensionDocument(leaf(probe), configuration)}`;
  };
  const revoked = probes.filter(({ name }) => name === 'revoked');
  return [
    comment(action.text),
    ...aboutPassphrase(making, false),
    '(',
    'set -eu',
    'umask 077',
    closedFolder(folder),
    // What is only needed on the way, the foreign CA's key among it, goes with this folder.
    'work=$(mktemp -d)',
    `trap 'rm -r "$work"' EXIT`,
    'cd "$work"',
    genpkey(probeKey, foreign.key),
    authorityLine(
      { subject: authoritySubject(probes[0]?.subject ?? [], 'foreign'), digest, days: days + 1, files: foreign },
      configuration,
      [],
    ),
    `cat > ca.conf ${hereDocument(caConfiguration(digest))}`,
    ': > index.txt',
    'echo "01$(openssl rand -hex 16)" > serial',
    // Grows with every list of this CA: seconds since 1970 do.
    `printf '%010X\\n' "$(date +%s)" > crlnumber`,
    ...probes.flatMap((probe) => [
      genpkey(probeKey, file(probe, 'key')),
      isExpired(probe) ? expired(probe) : signed(probe),
    ]),
    ...revoked.map((probe) => quote([...ca, '-revoke', file(probe, 'crt')])),
    ...probes.flatMap((probe) => (probe.name === 'foreign' ? [] : behind(file(probe, 'crt'), intermediates))),
    quote([...ca, '-gencrl', '-crldays', crlDays, '-out', crl]),
    readable(...probes.map((probe) => file(probe, 'crt')), crl),
    ')',
  ];
}
