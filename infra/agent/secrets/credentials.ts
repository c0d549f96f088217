import { readFile } from 'node:fs/promises';
import type { GitCredentials } from '../../../shared/git/credentials.ts';
import type { ClusterAccess } from '../cluster/kubeconfig.ts';
import type { SecretMask } from './secret-mask.ts';

/** Of the environment, what AWS's clients prove themselves with. */
const SECRET_VARIABLES = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CONTAINER_AUTHORIZATION_TOKEN'];

/** Has the mask know what of the environment is secret. */
export function maskEnvironment(variables: Readonly<Record<string, string | undefined>>, secrets: SecretMask): void {
  secrets.replace(
    'environment',
    SECRET_VARIABLES.flatMap((name) => variables[name] ?? []),
  );
}

/** The same access to a cluster, with its tokens and keys known to the mask. */
export function maskedAccess(access: ClusterAccess, secrets: SecretMask): ClusterAccess {
  const { key } = access.tls;
  const keys = typeof key === 'string' || Buffer.isBuffer(key) ? [key.toString()] : [];
  return {
    ...access,
    async headers() {
      const headers = await access.headers();
      secrets.replace('cluster', [...keys, ...Object.entries(headers).flatMap(secretsInHeader)]);
      return headers;
    },
  };
}

/** Has the mask know what opens a repository: a password, a private key, and what its URL holds. */
export async function maskGitCredentials(url: string, credentials: GitCredentials, secrets: SecretMask): Promise<void> {
  const opening = await secretsIn(credentials);
  secrets.replace(`repository ${url}`, [...opening, ...passwordIn(url)]);
}

/** Has the mask know what a file holds, one that cannot be read aside. */
export async function maskFile(file: string, secrets: SecretMask): Promise<void> {
  secrets.replace(`file ${file}`, [await readFile(file, 'utf8').catch(() => '')]);
}

async function secretsIn(credentials: GitCredentials): Promise<readonly string[]> {
  if (credentials.kind === 'basic') {
    return [credentials.password, `${credentials.username}:${credentials.password}`];
  }
  return credentials.kind === 'ssh' ? [await readFile(credentials.privateKeyFile, 'utf8')] : [];
}

function passwordIn(url: string): readonly string[] {
  const { password } = URL.parse(url) ?? { password: '' };
  return password === '' ? [] : [password, decodeURIComponent(password)];
}

function secretsInHeader([name, value]: readonly [string, string]): readonly string[] {
  if (name.toLowerCase() !== 'authorization') {
    return [];
  }
  const [scheme = '', token = ''] = value.split(' ', 2);
  const password =
    scheme === 'Basic'
      ? [
          Buffer.from(token, 'base64')
            .toString('utf8')
            .replace(/^[^:]*:/, ''),
        ]
      : [];
  return [token, ...password];
}
