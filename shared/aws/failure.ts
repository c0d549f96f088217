import { messageOf } from '../errors.ts';

/** What a service of AWS said instead of an answer, under the name that its API reference has for it. */
export class AwsError extends Error {
  /** Of HTTP; undefined where there was no answer. */
  readonly status: number | undefined;

  constructor(
    name: string,
    message: string,
    { status, cause }: { readonly status?: number; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.name = name;
    this.status = status;
  }
}

/** What such an error comes to. */
export interface AwsFailure {
  /**
   * - `denied`: the role may not do this;
   * - `unidentified`: AWS does not know who asks;
   * - `refused`: the request itself is wrong; the error's name says how;
   * - `away`: no answer, too many requests, or a fault of the service.
   */
  readonly kind: 'denied' | 'unidentified' | 'refused' | 'away';
  /** `ParameterNotFound` */
  readonly name: string;
  /** For people: `AccessDeniedException: User: … is not authorized to perform: …`. */
  readonly found: string;
  /** The IAM action that lacks, where AWS names it: `kms:Decrypt`. */
  readonly action: string | undefined;
}

/** https://docs.aws.amazon.com/awssupport/latest/APIReference/CommonErrors.html, and the same of the JSON 1.0 protocols */
const DENIED = new Set(['AccessDeniedException', 'AccessDenied', 'OptInRequired', 'NotAuthorized']);
const UNIDENTIFIED = new Set([
  'CredentialsProviderError',
  'TokenProviderError',
  'RegionMissing',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'MissingAuthenticationToken',
  'ExpiredTokenException',
  'ExpiredToken',
]);
/** Faults of the caller by their status, which pass all the same. */
const THROTTLED = /throttl|toomanyrequests|limitexceeded|throughputexceeded|slowdown/i;
const TOO_MANY_REQUESTS = 429;

/** Reads what a call to AWS threw. */
export function awsFailure(error: unknown): AwsFailure {
  const name = error instanceof Error ? error.name : '';
  // Sentences of ours go on behind it.
  const message = messageOf(error).replace(/\.$/, '');
  return {
    kind: kindOf(error, name),
    name,
    found: name === '' || name === 'Error' ? message : `${name}: ${message}`,
    action: /not authorized to perform: ([a-z0-9-]+:\w+)/.exec(message)?.[1],
  };
}

function kindOf(error: unknown, name: string): AwsFailure['kind'] {
  if (DENIED.has(name)) {
    return 'denied';
  }
  if (UNIDENTIFIED.has(name)) {
    return 'unidentified';
  }
  const status = error instanceof AwsError ? error.status : undefined;
  const isCallersFault = status !== undefined && status >= 400 && status < 500 && status !== TOO_MANY_REQUESTS;
  return isCallersFault && !isThrottling(name) ? 'refused' : 'away';
}

/** Does an error of this name say no more than that there were too many requests? */
export function isThrottling(name: string): boolean {
  return THROTTLED.test(name);
}
