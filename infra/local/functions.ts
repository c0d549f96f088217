import middy from '@middy/core';
import type { SQSEvent } from 'aws-lambda';
import { open as openCommitImage } from '../../functions/commit-image/handler.ts';
import { open as openEvaluatePolicy } from '../../functions/evaluate-policy/handler.ts';
import { open as openReceivePush } from '../../functions/receive-push/handler.ts';
import { open as openReportApply } from '../../functions/report-apply/handler.ts';
import { open as openSweep } from '../../functions/sweep/handler.ts';
import type { FunctionBase, OpenFunction } from '../../shared/composition/function-base.ts';
import { type ConnectionOptions, openRegistries, openRepositories } from '../../shared/composition/open.ts';
import { openPushClock } from '../../shared/composition/push-clock.ts';
import type { FunctionName } from '../../shared/config/secret-uses.ts';
import { eachRecord, partialBatchFailures } from '../../shared/queue/partial-batch-failures.ts';
import { localBase } from './function-base.ts';
import { lambdaContext } from './lambda-context.ts';
import type { BatchHandler } from './queue/poller.ts';
import { MAX_RECEIVES, type Queues } from './queues.ts';

/** What a function has for one event; a sweep goes through all repositories. */
const TIMEOUT_MILLIS = 60_000;
const SWEEP_MILLIS = 300_000;

/** @param qualifier the alias that it is invoked by; undefined for none */
export function contextOf(name: FunctionName, qualifier?: string) {
  return lambdaContext(name, name === 'sweep' ? SWEEP_MILLIS : TIMEOUT_MILLIS, qualifier);
}

/** The five functions as this machine calls them. */
export type LocalFunctions = Awaited<ReturnType<typeof openFunctions>>;

/**
 * Opens the functions that Lambda runs, with this machine's ends of their ports.
 *
 * @param pushUrl where registries tell of pushes, once it is known
 * @throws SluiceError `secret-unavailable` or `config-invalid`
 */
export async function openFunctions(connection: ConnectionOptions, queues: Queues, pushUrl: () => string | undefined) {
  const [repositories, registry] = await Promise.all([
    openRepositories(connection),
    openRegistries(connection, openPushClock),
  ]);
  const opened = { ...connection, opened: { repositories, registry } };
  const base = (name: FunctionName) => localBase(name, opened, queues, pushUrl);
  const reportBase = base('report-apply');
  const reportApply = await openReportApply(reportBase);
  return {
    'receive-push': await openReceivePush(base('receive-push')),
    'evaluate-policy': await openEvaluatePolicy(base('evaluate-policy')),
    'commit-image': await openCommitImage(base('commit-image')),
    sweep: await openSweep(base('sweep')),
    'report-apply': reportApply,
    reportApplyQueued: queued('report-apply', reportApply.handler, reportBase),
  };
}

/** A function for invocations that nobody waits for: Lambda keeps those events and tries again. */
function queued(
  name: FunctionName,
  handler: OpenFunction<unknown, unknown>['handler'],
  { sender, connection: { log } }: FunctionBase,
): BatchHandler {
  const work = eachRecord(async ({ body }) => {
    await handler(JSON.parse(body), contextOf(name));
  });
  return middy<SQSEvent>(async ({ Records }: SQSEvent) => work(Records)).use(
    partialBatchFailures({ deadLetters: sender('dead-letters'), maxReceives: MAX_RECEIVES, log }),
  );
}
