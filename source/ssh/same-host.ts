import ipaddr from 'ipaddr.js';
import { isAddress, usualAddress } from './address.ts';
import type { Target } from './target.ts';

/**
 * What two targets have in common exactly where they are one SSH server. Behind different jump hosts or commands lie
 * different networks, which use the same names and private addresses; a public address is one wherever it is seen from.
 */
export function serverKey(target: Target): string {
  const last = placeKey(target);
  if (target.proxyCommand === undefined && isPublic(target.address)) return last;
  return [...target.proxyJump.map(placeKey), last].join(' ');
}

function placeKey({ address, port, proxyCommand }: Target): string {
  const place = `${comparable(address)} ${port}`;
  return proxyCommand === undefined ? place : JSON.stringify([proxyCommand, place]);
}

function comparable(address: string): string {
  // An IPv4 address in IPv6's clothes leads to the same host.
  return usualAddress(address)
    .replace(/^::ffff:(?=\d+\.)/, '')
    .replace(/\.$/, '');
}

function isPublic(address: string): boolean {
  return isAddress(address) && ipaddr.process(address.split('%')[0] ?? '').range() === 'unicast';
}
