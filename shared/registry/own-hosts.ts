/** Is this address of the registry itself, or of a host that the operator names beside it? */
export type OwnHosts = (url: URL) => boolean;

/**
 * The hosts that belong to a registry: its own on any port, and those that the operator names for its token service and
 * blob store. One that is named without a port counts on any.
 *
 * @param origin the registry's, `https://registry.example.com`
 * @param alsoAt `gitlab.corp`, `minio.corp:9000`
 */
export function ownHosts(origin: string, alsoAt: readonly string[]): OwnHosts {
  const { hostname: own } = new URL(origin);
  const named = new Set(alsoAt);
  return ({ hostname, host, port, protocol }) =>
    hostname === own ||
    (isLoopback(hostname) && isLoopback(own)) ||
    named.has(hostname) ||
    // A URL leaves out the port that its protocol has anyway.
    named.has(port === '' ? `${host}:${protocol === 'https:' ? 443 : 80}` : host);
}

/** Is this host this machine? */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
