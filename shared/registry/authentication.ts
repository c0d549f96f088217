import { SluiceError } from '../errors.ts';
import * as z from '../schema.ts';
import { type Challenge, readChallenge } from './challenge.ts';
import { ecrRegistry } from './ecr-address.ts';
import type { RegistryHttp } from './http.ts';

/** What a registry's user has. A token stands in the place of a password. */
export interface RegistryCredentials {
  readonly username: string;
  readonly password: string;
}

/** Credentials that a service gives for a while. */
export interface TemporaryCredentials extends RegistryCredentials {
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/**
 * Gives credentials when they are needed.
 *
 * @param refused a header of such credentials that the registry does not take
 * @throws SluiceError `registry-…`
 */
export type CredentialsProvider = (refused: string | undefined) => Promise<TemporaryCredentials>;

/** Reads the text of a secret: `user:password`, or a token alone. */
export function readRegistryCredentials(secret: string): RegistryCredentials {
  const colon = secret.indexOf(':');
  return colon < 0
    ? { username: 'oauth2', password: secret }
    : { username: secret.slice(0, colon), password: secret.slice(colon + 1) };
}

/** Where the service does not say, a token lives a minute: https://distribution.github.io/distribution/spec/auth/token/ */
const DEFAULT_LIFETIME_SECONDS = 60;
/** What a header can carry; anything else would be told in the error of the request, token and all. */
const tokenText = z.nullish(z.string().check(z.regex(/^[\x21-\x7e]*$/)));

/** One of the two names is enough; what is not known may be `null`. */
const tokenReply = z
  .pipe(
    z.object({
      token: tokenText,
      access_token: tokenText,
      expires_in: z.catch(z.nullish(z.coerce.number()), undefined),
    }),
    z.transform(({ token, access_token, expires_in }) => ({
      token: token || access_token || '',
      seconds: expires_in || DEFAULT_LIFETIME_SECONDS,
    })),
  )
  .check(z.refine(({ token }) => token !== ''));

const MARGIN_SECONDS = 10;
const MAX_TOKEN_BYTES = 256 * 1024;

export interface AuthenticationOptions {
  readonly host: string;
  readonly credentials: RegistryCredentials | CredentialsProvider | undefined;
  readonly http: RegistryHttp;
  /** May a token service at this address be shown our credentials? */
  readonly mayGetCredentials: (url: URL) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Returns `Authorization` headers; a token is asked for once and kept until shortly before it expires. */
export class Authentication {
  readonly #options: AuthenticationOptions;
  readonly #tokens = new Map<string, { readonly header: string; readonly until: number }>();
  readonly #asking = new Map<string, Promise<string>>();

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  /** The header for a repository, as far as one is known to be needed. */
  known(repository: string): string | undefined {
    const token = this.#tokens.get(repository);
    return token !== undefined && token.until > this.#options.now() ? token.header : undefined;
  }

  /**
   * The header that a 401 asks for.
   *
   * @param refused what was sent; another call may have got a better one since
   * @throws SluiceError `registry-unauthorized`
   */
  async answer(repository: string, refused: string | undefined, wwwAuthenticate: string | undefined): Promise<string> {
    const newer = this.known(repository);
    if (newer !== undefined && newer !== refused) {
      return newer;
    }
    const { host, credentials } = this.#options;
    const challenge = readChallenge(wwwAuthenticate);
    if (challenge?.scheme === 'bearer') {
      const token = this.#asking.get(repository) ?? this.#fetchToken(repository, challenge);
      this.#asking.set(repository, token);
      return token.finally(() => this.#asking.delete(repository));
    }
    if (challenge === undefined && credentials !== undefined) {
      throw unauthorized(host, repository, 'no way to use them');
    }
    const given = await this.#obtain(refused);
    if (given === undefined) {
      throw unauthorized(host, repository, 'no credentials');
    }
    return this.#keep(repository, basic(given), given.until);
  }

  async #fetchToken(repository: string, { parameters }: Challenge): Promise<string> {
    const { host, http, mayGetCredentials, now } = this.#options;
    const url = tokenUrl(host, parameters.get('realm') ?? '', mayGetCredentials);
    url.searchParams.set('scope', parameters.get('scope') ?? `repository:${repository}:pull`);
    const service = parameters.get('service');
    if (service !== undefined) {
      url.searchParams.set('service', service);
    }
    const given = await this.#obtain();
    const headers = given === undefined ? {} : { authorization: basic(given) };
    const reply = await http({ url, headers, maxBytes: MAX_TOKEN_BYTES });
    if (reply.status >= 500) {
      throw noToken(host, 'registry-unavailable', `status ${reply.status}`);
    }
    if (reply.status !== 200) {
      throw unauthorized(host, repository, `status ${reply.status} of its token service`);
    }
    const { token, seconds } = readToken(reply.body, host);
    return this.#keep(repository, `Bearer ${token}`, now() + (seconds - MARGIN_SECONDS) * 1000);
  }

  async #obtain(refused?: string): Promise<TemporaryCredentials | undefined> {
    const { credentials } = this.#options;
    if (typeof credentials === 'function') {
      return credentials(refused);
    }
    return credentials === undefined ? undefined : { ...credentials, until: Number.POSITIVE_INFINITY };
  }

  #keep(repository: string, header: string, until: number): string {
    this.#tokens.set(repository, { header, until });
    return header;
  }
}

function tokenUrl(host: string, realm: string, mayGetCredentials: (url: URL) => boolean): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url === undefined || !mayGetCredentials(url)) {
    throw unauthorized(host, '', `a token service at ${JSON.stringify(realm)}, which is not reached over https`);
  }
  return url;
}

function readToken(body: Buffer, host: string): z.infer<typeof tokenReply> {
  try {
    return tokenReply.parse(JSON.parse(body.toString('utf8')));
  } catch (cause) {
    throw noToken(host, 'registry-reply-invalid', 'something else', cause);
  }
}

function noToken(
  host: string,
  code: 'registry-unavailable' | 'registry-reply-invalid',
  found: string,
  cause?: unknown,
): SluiceError {
  const expected = 'a token of its token service';
  return new SluiceError({
    code,
    subject: `registry ${host}`,
    expected,
    found,
    retryable: code === 'registry-unavailable',
    cause,
  });
}

/** The header `Authorization` of these credentials. */
export function basic({ username, password }: RegistryCredentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The error for credentials that do not open a repository. @param status the registry's own, where it answered with one */
export function unauthorized(host: string, repository: string, found: string, status?: number): SluiceError {
  return new SluiceError({
    code: 'registry-unauthorized',
    subject: `registry ${host}${repository === '' ? '' : ` repository ${repository}`}`,
    expected: 'credentials that may pull',
    found,
    ...(status === undefined ? {} : { status }),
    next:
      ecrRegistry(host) === undefined
        ? 'Check the credentials of this registry in sluice.yml.'
        : "Allow ecr:BatchGetImage, ecr:GetDownloadUrlForLayer and ecr:ListImages on it, in IAM and, across accounts, in the repository's policy.",
  });
}
