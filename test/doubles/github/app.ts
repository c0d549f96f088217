import { generateKeyPairSync, type KeyObject, randomBytes, verify } from 'node:crypto';
import { isRecord } from './json.ts';
import { Refusal } from './refusal.ts';
import type { User } from './users.ts';

/** What an installation may do, as its owner granted it; a test may change it. */
export type Permissions = Record<string, 'read' | 'write'>;

/** A GitHub App with one installation, at the owner of the repositories. */
export interface App {
  readonly id: number;
  readonly slug: string;
  readonly installationId: number;
  /** PEM; what the owner of the App downloaded once. */
  readonly privateKey: string;
  readonly publicKey: KeyObject;
  readonly bot: User;
  permissions: Permissions;
  /** Whether the owner of the repositories has it installed. */
  installed: boolean;
  readonly tokens: Map<string, InstallationToken>;
}

/** A token that an installation was given. */
export interface InstallationToken {
  readonly permissions: Permissions;
  readonly repositories: readonly string[] | undefined;
  /** Milliseconds since 1970; a test may set it. */
  expiresAt: number;
}

/** An App with a key of its own. */
export function newApp(): App {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    id: 4711,
    slug: 'sluice',
    installationId: 815,
    privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    publicKey,
    bot: { login: 'sluice[bot]', id: 4712, type: 'Bot' },
    permissions: { metadata: 'read', contents: 'write', pull_requests: 'write', issues: 'write', statuses: 'write' },
    installed: true,
    tokens: new Map(),
  };
}

const TOKEN_MILLIS = 3_600_000;
const MAX_JWT_SECONDS = 600;

/**
 * Checks the JWT that an App shows.
 *
 * @see https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 */
export function checkJwt(app: App, token: string, now: number): void {
  const [head = '', claims = '', signature = '', ...more] = token.split('.');
  const header = decoded(head);
  const { iss, iat, exp } = decoded(claims) ?? {};
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    app.publicKey,
    Buffer.from(signature, 'base64url'),
  );
  if (more.length > 0 || header?.['alg'] !== 'RS256' || !isSigned) {
    throw new Refusal(401, 'A JSON web token could not be decoded');
  }
  if (String(iss) !== String(app.id)) {
    throw new Refusal(404, 'Integration not found');
  }
  const seconds = now / 1000;
  if (typeof iat !== 'number' || !Number.isInteger(iat) || iat > seconds + 1) {
    const expected = 'must be an Integer representing the time that the assertion was issued';
    throw new Refusal(401, `'Issued at' claim ('iat') ${expected}`);
  }
  if (typeof exp !== 'number' || !Number.isInteger(exp) || exp <= seconds) {
    const expected = 'must be a numeric value representing the future time at which the assertion expires';
    throw new Refusal(401, `'Expiration time' claim ('exp') ${expected}`);
  }
  if (exp > seconds + MAX_JWT_SECONDS) {
    throw new Refusal(401, "'Expiration time' claim ('exp') is too far in the future");
  }
}

/** Gives a new token, good for an hour. */
export function grantToken(
  app: App,
  now: number,
  { permissions, repositories }: Pick<InstallationToken, 'permissions' | 'repositories'>,
): { readonly token: string; readonly expiresAt: number } {
  const token = `ghs_${randomBytes(18).toString('hex')}`;
  const expiresAt = now + TOKEN_MILLIS;
  app.tokens.set(token, { permissions, repositories, expiresAt });
  return { token, expiresAt };
}

function decoded(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
