import type { AwsAccount } from '../aws/account.ts';
import { awsFailure } from '../aws/failure.ts';
import { regionAdvice } from '../aws/region-advice.ts';
import { SluiceError } from '../errors.ts';
import * as z from '../schema.ts';
import { basic, type CredentialsProvider, type TemporaryCredentials } from './authentication.ts';
import { type EcrRegistry, ecrHost } from './ecr-address.ts';

/** A token lives twelve hours; so long before its end a new one is asked for. */
const MARGIN_MILLIS = 60_000;

/** A time is in seconds since the epoch: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_AuthorizationData.html */
const tokens = z.object({
  authorizationData: z._default(
    z.array(z.partial(z.object({ authorizationToken: z.string(), expiresAt: z.number() }))),
    [],
  ),
});

/**
 * Credentials of a registry of ECR, which IAM gives to whoever this process is. A token is asked for once, and
 * kept until shortly before it expires.
 *
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html: a token opens every
 * registry of its region that the caller may pull from.
 *
 * @param now milliseconds since the epoch
 * @returns a function that throws SluiceError `registry-unauthorized`, `registry-reply-invalid`, or
 *   `registry-unavailable` (retryable)
 */
export function ecrCredentials(registry: EcrRegistry, aws: AwsAccount, now: () => number): CredentialsProvider {
  let held: TemporaryCredentials | undefined;
  let asking: Promise<TemporaryCredentials> | undefined;
  return async (refused) => {
    if (held !== undefined && held.until > now() && basic(held) !== refused) {
      return held;
    }
    asking ??= askForToken(registry, aws).finally(() => {
      asking = undefined;
    });
    held = await asking;
    return held;
  };
}

async function askForToken(registry: EcrRegistry, aws: AwsAccount): Promise<TemporaryCredentials> {
  const { account, region, fips } = registry;
  const { authorizationData } = await aws
    .service('ecr', { region, fips })
    .call('GetAuthorizationToken', { registryIds: [account] }, tokens)
    .catch((cause: unknown) => {
      throw refusedToken(registry, cause);
    });
  const [{ authorizationToken = '', expiresAt } = {}] = authorizationData;
  const [, username, password] = /^([^:]+):(.+)$/s.exec(Buffer.from(authorizationToken, 'base64').toString()) ?? [];
  if (username === undefined || password === undefined || expiresAt === undefined) {
    throw noToken(registry, { code: 'registry-reply-invalid', found: 'something else' });
  }
  return { username, password, until: expiresAt * 1000 - MARGIN_MILLIS };
}

function refusedToken(registry: EcrRegistry, cause: unknown): SluiceError {
  const { kind, found } = awsFailure(cause);
  const region = regionAdvice(cause);
  if (kind === 'away') {
    const details = { code: 'registry-unavailable', found, retryable: true, cause } as const;
    return noToken(registry, region === undefined ? details : { ...details, next: region });
  }
  const next =
    kind === 'denied'
      ? 'Allow ecr:GetAuthorizationToken to the role of this function.'
      : 'Set AWS credentials for this process, or the credentials of this registry in sluice.yml.';
  return noToken(registry, { code: 'registry-unauthorized', found, next, cause });
}

interface NoToken {
  readonly code: 'registry-unauthorized' | 'registry-unavailable' | 'registry-reply-invalid';
  readonly found: string;
  readonly next?: string;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

function noToken(registry: EcrRegistry, details: NoToken): SluiceError {
  return new SluiceError({ subject: `registry ${ecrHost(registry)}`, expected: 'a token of ECR', ...details });
}
