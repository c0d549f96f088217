/**
 * What can go wrong, as a closed set. Code branches on these and never on message text.
 *
 * `retryable` of an error says whether the same input may succeed later; a code alone does not.
 */
export type ErrorCode =
  // our own configuration
  | 'config-invalid'
  | 'secret-unavailable'
  // values that people write
  | 'reference-invalid'
  | 'policy-invalid'
  | 'policy-over-budget'
  | 'manifest-invalid'
  | 'message-invalid'
  // queues
  | 'queue-unavailable'
  // who sent an event, and what it says
  | 'push-unauthentic'
  | 'push-too-large'
  | 'push-malformed'
  // registries
  | 'registry-unknown'
  | 'registry-unauthorized'
  | 'registry-not-found'
  | 'registry-rate-limited'
  | 'registry-unavailable'
  | 'registry-reply-invalid'
  | 'registry-address-forbidden'
  // Git hosts
  | 'git-unauthorized'
  | 'git-not-found'
  | 'git-head-moved'
  | 'git-refused'
  | 'git-too-large'
  | 'git-too-slow'
  | 'git-unverified'
  | 'git-rate-limited'
  | 'git-unavailable'
  // the cluster
  | 'cluster-unreachable'
  | 'cluster-refused'
  | 'leadership-lost'
  | 'apply-failed'
  | 'render-failed'
  | 'not-healthy'
  // the report of an apply, and whom it is told
  | 'notification-failed'
  // a deployment, as its operator asks it
  | 'target-unavailable'
  | 'target-refused';

/** The parts of a {@link SluiceError}; together they make its message. */
export interface ErrorDetails {
  readonly code: ErrorCode;
  /** What the error is about, as a person would name it: `deployment/shop/web`, `registry ghcr.io`, `k8s/deploy.yml`. */
  readonly subject: string;
  /** What would have been right. */
  readonly expected?: string;
  /** What was there instead. */
  readonly found: string;
  /** What the reader can do now, as a sentence. */
  readonly next?: string;
  /** May the same input succeed later? False where it is left out. */
  readonly retryable?: boolean;
  /** Seconds that the other side asked us to wait (a `Retry-After`). */
  readonly retryAfterSeconds?: number;
  /** Of HTTP, where the other side answered with one that is no success. */
  readonly status?: number;
  readonly cause?: unknown;
}

/** The one error class of Sluice: `subject: expected …, found …. Next step.` */
export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly subject: string;
  readonly expected: string | undefined;
  readonly found: string;
  readonly next: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly status: number | undefined;

  constructor(details: ErrorDetails) {
    super(describe(details), { cause: details.cause });
    this.name = 'SluiceError';
    this.code = details.code;
    this.subject = details.subject;
    this.expected = details.expected;
    this.found = details.found;
    this.next = details.next;
    this.retryable = details.retryable ?? false;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.status = details.status;
  }
}

/** Is this a {@link SluiceError}, and with one of these codes where any are given? */
export function isSluiceError(error: unknown, ...codes: readonly ErrorCode[]): error is SluiceError {
  return error instanceof SluiceError && (codes.length === 0 || codes.includes(error.code));
}

/** May the work that threw this be tried again as it is? What we did not foresee may pass, so it is tried again. */
export function isRetryable(error: unknown): boolean {
  return !(error instanceof SluiceError) || error.retryable;
}

/** The text of anything thrown, for a log line or a reason. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why a request got no answer: fetch says it only in the cause, and of several addresses that failed only in the first. */
export function networkReason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return messageOf(cause instanceof AggregateError ? (cause.errors[0] ?? cause) : cause);
}

function describe({ subject, expected, found, next }: ErrorDetails): string {
  const facts = expected === undefined ? found : `expected ${expected}, found ${found}`;
  return next === undefined ? `${subject}: ${facts}` : `${subject}: ${facts}. ${next}`;
}
