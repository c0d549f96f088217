import { isIP } from 'node:net';
import { isForbidden } from '../registry/address.ts';

/** From where a host can be reached; `nowhere` is a path, which has no host. */
export type Reach = 'public' | 'private' | 'loopback' | 'nowhere';

/** Whom a URL, `user@host:path` or host names, and from where it can be reached as far as its name tells. */
export function reachOf(address: string): { readonly host: string; readonly reach: Reach } {
  const host = hostOfAddress(address)?.toLowerCase();
  if (host === undefined) {
    return { host: address, reach: 'nowhere' };
  }
  return { host, reach: reachOfHost(host) };
}

function hostOfAddress(address: string): string | undefined {
  const [, url] = /^(?:https?|ssh):\/\/(?:[^/@]*@)?(\[[^\]]*\]|[^/:]*)/.exec(address) ?? [];
  const [, scp] = /^(?:[^@/:]+@)?(\[[^\]]*\]|[^:/]+):(?!\/\/)/.exec(address) ?? [];
  return url ?? scp;
}

function reachOfHost(host: string): Reach {
  const address = host.replace(/^\[|\]$/g, '');
  if (
    address === 'localhost' ||
    address.endsWith('.localhost') ||
    address === '::1' ||
    /^127(\.\d+){3}$/.test(address)
  ) {
    return 'loopback';
  }
  if (isIP(address) !== 0) {
    return isForbidden(address) ? 'private' : 'public';
  }
  // https://www.rfc-editor.org/rfc/rfc6762#appendix-G and ICANN's resolution 2024.07.29.06 (`.internal`)
  return /^[^.]+$|\.(local|internal|intranet|svc|localdomain|lan|home|corp|private|home\.arpa)$/.test(address)
    ? 'private'
    : 'public';
}
