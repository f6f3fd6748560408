/** What fl-network.yaml says of certificate.conf. Pure. */
import type { Network } from '../network/network.ts';
import type { NetworkValues } from '../pki/configuration.ts';
import { dnsName, ipAddress, isAddress, repeated, unique } from '../pki/names.ts';

/** The server's address and its further names as a certificate holds them, as often as they are said. */
function namesOf({ address, names }: Network): { readonly dns: readonly string[]; readonly ips: readonly string[] } {
  const all = [address, ...names];
  return { dns: all.filter((name) => !isAddress(name)).map(dnsName), ips: all.filter(isAddress).map(ipAddress) };
}

/** Names of the server that fl-network.yaml says more than once: in the certificate they are merged. */
export function repeatedNames(network: Network): readonly string[] {
  const { dns, ips } = namesOf(network);
  return repeated([...dns, ...ips]);
}

/** What fl-network.yaml says of the server's certificate. Names twice are merged. */
export function valuesOf(network: Network): NetworkValues {
  const { dns, ips } = namesOf(network);
  return {
    subject: network.certificates.subject,
    dns: unique(dns),
    ips: unique(ips),
    algorithm: network.certificates.algorithm,
  };
}
