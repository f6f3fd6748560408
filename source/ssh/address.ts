import ipaddr from 'ipaddr.js';

/** A name in small letters; an address as everybody writes it, so that two spellings of one are the same. */
export function usualAddress(name: string): string {
  const [plain = '', zone] = name.split('%');
  if (!isAddress(name)) return name.toLowerCase();
  const address = ipaddr.parse(plain);
  const mapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress();
  const usual = mapped ? `::ffff:${address.toIPv4Address()}` : address.toString();
  return zone === undefined ? usual : `${usual}%${zone}`;
}

/** Whether it is an address and no name; a zone may stand behind it. */
export function isAddress(name: string): boolean {
  return ipaddr.isValid(name.split('%')[0] ?? '');
}
