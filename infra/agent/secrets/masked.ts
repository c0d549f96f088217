import { isSluiceError, messageOf, SluiceError } from '../../../shared/errors.ts';
import type { ApplyReport } from '../../../shared/queue/messages.ts';
import type { Problem } from '../health/problem.ts';
import type { RevisionObserver, RevisionOutcome } from '../observe/revision-observer.ts';
import type { Mask } from './secret-mask.ts';

/** A report whose reasons and problems are masked. What an object is called is no secret. */
export function maskReport(report: ApplyReport, mask: Mask): ApplyReport {
  return {
    ...report,
    objects: report.objects.map((one) => withMaskedReason(one, mask)),
    problems: report.problems.map(mask),
  };
}

/** What came of a revision, with all words of it masked. */
export function maskOutcome<T extends RevisionOutcome>(outcome: T, mask: Mask): T {
  return {
    ...outcome,
    report: maskReport(outcome.report, mask),
    results: outcome.results.map((one) => withMaskedReason(one, mask)),
    unhealthy: maskProblems(outcome.unhealthy, mask),
  };
}

export function maskProblems(problems: readonly Problem[], mask: Mask): readonly Problem[] {
  return problems.map((one) => withMaskedReason(one, mask));
}

/** The same error with a masked message; of one that is not ours the message is all that is left. */
export function maskError(error: unknown, mask: Mask): Error {
  if (!isSluiceError(error)) {
    return new Error(mask(messageOf(error)));
  }
  const { code, subject, expected, found, next, retryable } = error;
  return new SluiceError({
    code,
    subject: mask(subject),
    found: mask(found),
    retryable,
    ...(expected !== undefined && { expected: mask(expected) }),
    ...(next !== undefined && { next: mask(next) }),
  });
}

/** Tells an observer nothing that is secret. */
export function maskedObserver(observer: RevisionObserver, mask: Mask): RevisionObserver {
  return {
    ...observer,
    waiting: (revision, problems) => observer.waiting(revision, maskProblems(problems, mask)),
    applied: (outcome) => observer.applied(maskOutcome(outcome, mask)),
    failed: (error) => observer.failed(maskError(error, mask)),
    suspended: (reason) => observer.suspended(mask(reason)),
  };
}

function withMaskedReason<T extends { readonly reason?: string | undefined }>(one: T, mask: Mask): T {
  return one.reason === undefined ? one : { ...one, reason: mask(one.reason) };
}
