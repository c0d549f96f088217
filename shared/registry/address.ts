import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { SluiceError } from '../errors.ts';

/** Addresses that a registry has no business sending us to: https://www.iana.org/assignments/iana-ipv4-special-registry */
const FORBIDDEN: readonly (readonly [address: string, prefix: number, family: 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 127, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
];

const forbidden = new BlockList();
for (const [address, prefix, family] of FORBIDDEN) {
  forbidden.addSubnet(address, prefix, family);
}

/** Private, loopback, link-local (where clouds keep their metadata) or otherwise not public. */
export function isForbidden(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return forbidden.check(mapped ?? address, isIP(mapped ?? address) === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Refuses an address written out where a name would be looked up.
 *
 * @throws SluiceError `registry-address-forbidden`
 */
export function refuseForbiddenHost(hostname: string): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0 && isForbidden(address)) {
    throw refused(hostname, address);
  }
}

/** A name look-up that refuses such addresses at the moment of connecting, so that a name that changes does not help. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const found = error === null ? addresses.find(({ address }) => isForbidden(address)) : undefined;
    if (error !== null || found !== undefined) {
      callback(error ?? refused(hostname, found?.address ?? ''), []);
    } else if (options.all === true) {
      callback(null, addresses);
    } else {
      callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
    }
  });
};

function refused(hostname: string, address: string): SluiceError {
  return new SluiceError({
    code: 'registry-address-forbidden',
    subject: `host ${hostname}`,
    expected: 'a public address, since it is not the configured registry',
    found: address,
    next: 'If this is right, configure that host as the registry.',
  });
}
