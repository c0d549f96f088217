import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { SluiceError } from '../errors.ts';

/**
 * Networks that a registry has no business sending us to.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
 */
const FORBIDDEN_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const;

const FORBIDDEN_IPV6 = [
  // `::`, `::1`, and IPv4 in the old way
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const;

/** The prefix under which NAT64 reaches IPv4: https://www.rfc-editor.org/rfc/rfc6052#section-2.1 */
const NAT64 = '64:ff9b::';

// Addresses of IPv4 that are written as `::ffff:…` count among those of IPv4.
const forbidden = new BlockList();
for (const [network, prefix] of FORBIDDEN_IPV4) {
  forbidden.addSubnet(network, prefix, 'ipv4');
  forbidden.addSubnet(`${NAT64}${network}`, 96 + prefix, 'ipv6');
}
for (const [network, prefix] of FORBIDDEN_IPV6) {
  forbidden.addSubnet(network, prefix, 'ipv6');
}

/** Private, loopback, link-local (where clouds keep their metadata) or otherwise not public. */
export function isForbidden(address: string): boolean {
  return forbidden.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
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
    next: 'A registry may send us to its own host and to public ones only; name a host of yours under its alsoAt in sluice.yml.',
  });
}
