import { createHmac } from 'node:crypto';

/** A key that a host is known by. */
export interface KnownKey {
  /** `ssh-ed25519`, `ssh-rsa`… */
  readonly type: string;
  readonly key: Buffer;
  readonly isRevoked: boolean;
}

const DEFAULT_PORT = 22;

/**
 * The keys that a known_hosts file has for a host. Certificate authorities are left out: they are not supported.
 *
 * @see https://man.openbsd.org/sshd#SSH_KNOWN_HOSTS_FILE_FORMAT
 */
export function knownKeys(file: string, host: string, port: number): readonly KnownKey[] {
  const name = port === DEFAULT_PORT ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  return file.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const marker = fields[0]?.startsWith('@') === true ? fields.shift() : undefined;
    const [names = '', type = '', key = ''] = fields;
    const isOurs = !names.startsWith('#') && key !== '' && isNamed(names, name);
    return isOurs && marker !== '@cert-authority'
      ? [{ type, key: Buffer.from(key, 'base64'), isRevoked: marker === '@revoked' }]
      : [];
  });
}

/** What becomes of a key that a host shows. */
export function judgeKey(known: readonly KnownKey[], shown: Buffer): 'trusted' | 'unknown' | 'changed' {
  const same = known.filter(({ key }) => key.equals(shown));
  if (same.some(({ isRevoked }) => isRevoked)) {
    return 'changed';
  }
  if (same.length > 0) {
    return 'trusted';
  }
  return known.length > 0 ? 'changed' : 'unknown';
}

/** Names are hashed, or patterns between commas, of which one with `!` excludes. */
function isNamed(names: string, name: string): boolean {
  const [, salt, hash] = /^\|1\|([^|]+)\|([^|]+)$/.exec(names) ?? [];
  if (salt !== undefined && hash !== undefined) {
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  const patterns = names.toLowerCase().split(',');
  const fits = (pattern: string) => wildcard(pattern).test(name);
  return (
    patterns.some((pattern) => !pattern.startsWith('!') && fits(pattern)) &&
    !patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1)))
  );
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}
