import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianPath } from './parts.ts';
import type { TokenServer } from './token-server.ts';

/** One address that the registry posts its events to. */
export interface NotificationEndpoint {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Media types whose events are left out, such as `application/octet-stream` for layers; default none: each blob sends a `push` without a tag. */
  readonly ignoredMediaTypes?: readonly string[];
}

/** How clients prove who they are: not at all, by Basic credentials, or by tokens of a token server. */
export type RegistryAuthentication =
  | { readonly kind: 'none' }
  | { readonly kind: 'htpasswd'; readonly username: string; readonly password: string }
  | { readonly kind: 'token'; readonly server: Pick<TokenServer, 'realm' | 'service' | 'issuer' | 'certificateFile'> };

/** What the configuration file depends on. */
export interface RegistryLayout {
  readonly directory: string;
  readonly port: number;
  readonly notify: readonly NotificationEndpoint[];
  readonly authentication: RegistryAuthentication;
}

/** Writes the registry's configuration (JSON, which is YAML) and what it refers to; returns its path. */
export function writeRegistryConfiguration(layout: RegistryLayout): string {
  const file = join(layout.directory, 'registry.yml');
  const configuration = {
    version: 0.1,
    log: { level: 'info', formatter: 'text', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: join(layout.directory, 'storage') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${layout.port}`, secret: randomBytes(16).toString('hex') },
    auth: authentication(layout),
    notifications: {
      endpoints: layout.notify.map(({ url, headers = {}, ignoredMediaTypes = [] }, index) => ({
        name: `endpoint-${index}`,
        url,
        headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
        // Quick enough for a test to see a retry: production has 10 and more of each.
        timeout: '1s',
        threshold: 5,
        backoff: '200ms',
        ignoredmediatypes: ignoredMediaTypes,
      })),
    },
  };
  writeFileSync(file, JSON.stringify(configuration, null, 2), { mode: 0o600 });
  return file;
}

function authentication({ directory, authentication: chosen }: RegistryLayout): object {
  if (chosen.kind === 'none') return {};
  if (chosen.kind === 'token') {
    const { realm, service, issuer, certificateFile } = chosen.server;
    return { token: { realm, service, issuer, rootcertbundle: certificateFile } };
  }
  const path = join(directory, 'htpasswd');
  writeFileSync(path, `${chosen.username}:${bcrypt(chosen.password)}\n`, { mode: 0o600 });
  return { htpasswd: { realm: 'sluice-test', path } };
}

/** Neither Node nor OpenSSL computes bcrypt, the only hash that the registry takes; the crypt of Debian's perl does. */
function bcrypt(password: string): string {
  const alphabet = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  // The 22nd letter holds but two bits of the salt, so it has to be one of four; a dot is.
  const salt = `${Array.from(randomBytes(21), (byte) => alphabet[byte % 64]).join('')}.`;
  const program = 'my $p = <STDIN>; print crypt($p, $ARGV[0])';
  const hash = execFileSync(debianPath('perl'), ['-e', program, `$2b$05$${salt}`], {
    input: password,
    encoding: 'utf8',
  });
  if (!hash.startsWith('$2b$'))
    throw new Error(`perl: expected a crypt that knows bcrypt, found ${JSON.stringify(hash)}`);
  return hash;
}
