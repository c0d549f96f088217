import { messageOf, SluiceError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';

export interface ReportPorts {
  /** URLs that are told of every report by a POST of JSON. */
  readonly webhooks: readonly string[];
  readonly log: Log;
}

const WEBHOOK_TIMEOUT_MILLIS = 10_000;

/**
 * Tells what came of a revision: one log line, and every webhook.
 *
 * @throws SluiceError `notification-failed` (retryable) where a webhook did not take it; the others were told
 */
export async function tellReport(report: ApplyReport, { webhooks, log }: ReportPorts): Promise<void> {
  const { cluster, repository, branch, revision, healthy, problems, startedAt, finishedAt } = report;
  const counts = Object.fromEntries(
    Object.entries(Object.groupBy(report.objects, ({ action }) => action)).map(([action, all]) => [action, all.length]),
  );
  const fields = { cluster, repository, branch, revision, healthy, problems, counts, startedAt, finishedAt };
  if (healthy) {
    log.info('revision applied', fields);
  } else {
    log.warn('revision not healthy', fields);
  }
  const told = await Promise.allSettled(webhooks.map((url) => post(url, report)));
  for (const failure of told) {
    if (failure.status === 'rejected') {
      log.error('webhook not told', { error: failure.reason });
    }
  }
  const failed = told.find((one) => one.status === 'rejected');
  if (failed !== undefined) {
    throw failed.reason;
  }
}

async function post(url: string, report: ApplyReport): Promise<void> {
  const body = JSON.stringify({ text: summaryOf(report), report });
  const { host } = new URL(url);
  let found: string;
  try {
    const headers = { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(WEBHOOK_TIMEOUT_MILLIS);
    const reply = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
    await reply.body?.cancel();
    if (reply.ok) {
      return;
    }
    found = `status ${reply.status}`;
  } catch (error) {
    found = messageOf(error);
  }
  throw new SluiceError({
    code: 'notification-failed',
    // Only the host: the path of a webhook is often its secret.
    subject: `webhook at ${host}`,
    expected: 'a status of 2xx',
    found,
    retryable: true,
  });
}

/** One line for people, as chat services show it. */
function summaryOf({ cluster, revision, healthy, objects, problems }: ApplyReport): string {
  const changed = objects.filter(({ action }) => action !== 'unchanged' && action !== 'skipped').length;
  const outcome = healthy
    ? `applied, ${changed} of ${objects.length} objects changed`
    : `not healthy: ${problems.join('; ')}`;
  return `${cluster}: ${revision.slice(0, 12)} ${outcome}`;
}
