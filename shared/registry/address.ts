import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { SluiceError } from '../errors.ts';

/**
 * Networks that a registry has no business sending us to: all of IANA's special-purpose registries that are not
 * reachable by everybody.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
 */
const FORBIDDEN_IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Of Azure: what its metadata and its agents are at, though the address is a public one.
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;

const FORBIDDEN_IPV6 = [
  // `::`, `::1`, and IPv4 in the old way
  ['::', 96],
  // IPv4, translated: https://www.rfc-editor.org/rfc/rfc2765
  ['::ffff:0:0:0', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['100:0:0:1::', 64],
  // Teredo (2001::/32), which holds addresses of IPv4, and other protocols
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
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
  // The zone of an address says where it is reached, not what it is.
  const [plain = ''] = address.split('%');
  return forbidden.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
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
