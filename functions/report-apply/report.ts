import type { Cache } from '../../shared/cache/port.ts';
import type { WatchedRepository } from '../../shared/decision/site-reader.ts';
import { type ErrorDetails, isRetryable, SluiceError } from '../../shared/errors.ts';
import { repositoryName } from '../../shared/git-host/repository-name.ts';
import { HttpClient } from '../../shared/http/client.ts';
import { connectionFailure } from '../../shared/http/failure.ts';
import type { Log } from '../../shared/log.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';
import type { ClusterSecret } from './authenticate.ts';
import { rememberReport } from './last-reports.ts';

export interface ReportPorts {
  /** Keeps what each agent reported last. */
  readonly cache: Cache;
  /** Those at hosts that know statuses are told beside the commit. */
  readonly repositories: readonly WatchedRepository[];
  /** They are told of every report by a POST of JSON. */
  readonly webhooks: readonly URL[];
  /** Whose reports are taken, and what proves them; undefined for every agent's. */
  readonly clusters?: readonly ClusterSecret[] | undefined;
  readonly log: Log;
}

const WEBHOOK_TIMEOUT_MILLIS = 10_000;

const client = new HttpClient();

/**
 * Tells what came of a revision: one log line, the commit's status where its host has such a thing, and every webhook.
 *
 * @throws SluiceError `notification-failed` (retryable) where a webhook did not take it, `git-…` where the host did not;
 *   the others were told. Of several, one that may pass
 */
export async function tellReport(
  report: ApplyReport,
  { repositories, webhooks, cache, log }: ReportPorts,
): Promise<void> {
  const { cluster, repository, branch, revision, healthy, problems, startedAt, finishedAt } = report;
  const counts = Object.fromEntries(
    Object.entries(Object.groupBy(report.objects, ({ action }) => action)).map(([action, all]) => [action, all.length]),
  );
  const told = log.with({ cluster, repository, branch, revision });
  const fields = { healthy, problems, counts, startedAt, finishedAt };
  if (healthy) {
    told.info('revision applied', fields);
  } else {
    told.warn('revision not healthy', fields);
  }
  const outcomes = await Promise.allSettled([
    rememberReport(cache, report),
    setStatuses(report, repositories),
    ...webhooks.map(async (url) => post(url, report)),
  ]);
  const errors = outcomes.flatMap((one): readonly unknown[] => (one.status === 'rejected' ? [one.reason] : []));
  for (const error of errors) {
    told.error('report not told', { error });
  }
  if (errors.length > 0) {
    throw errors.find(isRetryable) ?? errors[0];
  }
}

/** The agent may reach the repository by another way than we do. */
async function setStatuses(report: ApplyReport, repositories: readonly WatchedRepository[]): Promise<void> {
  const name = repositoryName(report.repository);
  const reported = repositories.find(
    ({ config }) => repositoryName(config.url) === name && config.branch === report.branch,
  );
  await reported?.host.setStatus?.(report.revision, {
    state: report.healthy ? 'success' : 'failure',
    name: `sluice/${report.cluster}`,
    description: summaryOf(report),
  });
}

async function post(url: URL, report: ApplyReport): Promise<void> {
  const body = JSON.stringify({ text: summaryOf(report), report });
  let failure: Pick<ErrorDetails, 'found' | 'retryable' | 'next' | 'cause'>;
  try {
    const headers = { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(WEBHOOK_TIMEOUT_MILLIS);
    const { status, discard } = await client.send({ method: 'POST', url, headers, body, signal });
    discard();
    if (status >= 200 && status < 300) {
      return;
    }
    failure = { found: `status ${status}`, retryable: true };
  } catch (error) {
    failure = connectionFailure(error, WEBHOOK_TIMEOUT_MILLIS);
  }
  throw new SluiceError({
    code: 'notification-failed',
    // Only the host: the path of a webhook is often its secret.
    subject: `webhook at ${url.host}`,
    expected: 'a status of 2xx',
    ...failure,
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
