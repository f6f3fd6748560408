/** What fl-network.yaml says of certificate.conf. Pure. */
import type { Network } from '../network/network.ts';
import type { NetworkValues } from '../pki/configuration.ts';
import { dnsName, ipAddress, isAddress } from '../pki/names.ts';

/** What fl-network.yaml says of the server's certificate. Names twice are merged. */
export function valuesOf(network: Network): NetworkValues {
  const names = [network.address, ...network.names];
  const unique = (values: readonly string[]) => [...new Set(values)];
  return {
    subject: network.certificates.subject,
    dns: unique(names.filter((name) => !isAddress(name)).map(dnsName)),
    ips: unique(names.filter(isAddress).map(ipAddress)),
    algorithm: network.certificates.algorithm,
  };
}
