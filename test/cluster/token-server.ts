import { execFile } from 'node:child_process';
import { randomUUID, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listen } from './listener.ts';
import { debianPath } from './parts.ts';

/** Who may get tokens, and for how long these are good. */
export interface TokenServerOptions {
  readonly username: string;
  readonly password: string;
  /** Whether a request without credentials gets a token for `pull`; otherwise it gets 401. Default false. */
  readonly anonymousPull?: boolean;
  /** Seconds; default 60, as the protocol says when `expires_in` is missing. */
  readonly lifetimeSeconds?: number;
}

/** One token that was issued: for whom, and the access that it grants. */
interface TokenGrant {
  /** Empty for an anonymous client. */
  readonly account: string;
  readonly access: readonly TokenAccess[];
}

/** One entry of a token's `access` claim. */
interface TokenAccess {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** A running token server and what a registry needs to trust it. */
export interface TokenServer {
  /** `http://127.0.0.1:PORT/token`. */
  readonly realm: string;
  readonly issuer: string;
  readonly service: string;
  /** Path of the PEM file with the certificate that signs the tokens; gone after `stop`. */
  readonly certificateFile: string;
  /** Every token issued so far, oldest first. */
  grants(): readonly TokenGrant[];
  stop(): Promise<void>;
}

const issuer = 'sluice-test-issuer';
const service = 'sluice-test-registry';
const clockSkewSeconds = 10;

/**
 * Starts a server for the Docker registry token protocol (https://distribution.github.io/distribution/spec/auth/token/): GET with Basic
 * credentials, ES256 tokens whose `x5c` header carries the certificate. Wrong credentials get 401, never an anonymous token.
 */
export async function startTokenServer(options: TokenServerOptions): Promise<TokenServer> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-token-server-'));
  const certificateFile = join(directory, 'certificate.pem');
  const keyFile = join(directory, 'key.pem');
  const certificate = await selfSign(certificateFile, keyFile);
  const key = readFileSync(keyFile, 'utf8');
  const lifetimeSeconds = options.lifetimeSeconds ?? 60;
  const granted: TokenGrant[] = [];

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const account = authenticate(request.headers.authorization, options);
    if (request.method !== 'GET' || url.pathname !== '/token') {
      reply(response, 404, { error: 'not found' });
      return;
    }
    if (account === undefined) {
      reply(response, 401, { error: 'expected the credentials of an account' });
      return;
    }
    const allowed = account === '' ? ['pull'] : ['pull', 'push', 'delete', '*'];
    const access = url.searchParams.getAll('scope').flatMap((scope) => accessOf(scope, allowed));
    const now = Math.floor(Date.now() / 1000);
    const token = signedToken(key, certificate, {
      iss: issuer,
      sub: account,
      aud: url.searchParams.get('service') ?? '',
      exp: now + lifetimeSeconds,
      nbf: now - clockSkewSeconds,
      iat: now,
      jti: randomUUID(),
      access,
    });
    granted.push({ account, access });
    const times = { expires_in: lifetimeSeconds, issued_at: new Date(now * 1000).toISOString() };
    reply(response, 200, { token, access_token: token, ...times });
  };
  const listener = await listen(createServer(answer));
  return {
    realm: `${listener.url}/token`,
    issuer,
    service,
    certificateFile,
    grants: () => [...granted],
    stop: async () => {
      await listener.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Writes key and certificate; returns the certificate's DER in base64. */
async function selfSign(certificateFile: string, keyFile: string): Promise<string> {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const files = ['-keyout', keyFile, '-out', certificateFile];
  await promisify(execFile)(debianPath('openssl'), [
    'req',
    '-x509',
    ...curve,
    ...files,
    '-days',
    '2',
    '-subj',
    `/CN=${issuer}`,
  ]);
  return readFileSync(certificateFile, 'utf8').replace(/-----[^-]+-----|\s/g, '');
}

/** The account's name, '' for an allowed anonymous client, undefined for a refused one. */
function authenticate(header: string | undefined, options: TokenServerOptions): string | undefined {
  if (header === undefined) return options.anonymousPull ? '' : undefined;
  const expected = Buffer.from(`${options.username}:${options.password}`).toString('base64');
  return header === `Basic ${expected}` ? options.username : undefined;
}

/** `repository:a/b:pull,push`; a name may hold colons (`host:port/name`), so only the outer two separate. */
function accessOf(scope: string, allowed: readonly string[]): TokenAccess[] {
  const [, type, name, actions] = scope.match(/^([^:]+):(.+):([^:]*)$/) ?? [];
  if (type === undefined || name === undefined || actions === undefined) return [];
  return [{ type, name, actions: actions.split(',').filter((action) => allowed.includes(action)) }];
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function signedToken(key: string, certificate: string, claims: object): string {
  const unsigned = `${encode({ typ: 'JWT', alg: 'ES256', x5c: [certificate] })}.${encode(claims)}`;
  // JWS wants the two halves of the signature side by side, not in DER.
  return `${unsigned}.${sign('sha256', Buffer.from(unsigned), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

function reply(response: ServerResponse, status: number, body: object): void {
  const challenge = status === 401 ? { 'www-authenticate': 'Basic realm="token"' } : {};
  response.writeHead(status, { 'content-type': 'application/json', ...challenge }).end(JSON.stringify(body));
}
