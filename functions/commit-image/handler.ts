import type { MiddyfiedHandler } from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { FunctionBase, OpenFunction } from '../../shared/composition/function-base.ts';
import { lambdaEntry } from '../../shared/composition/lambda.ts';
import { openRegistries, openRepositories } from '../../shared/composition/open.ts';
import { RepositoryTime, shareOfTime } from '../../shared/decision/repository-time.ts';
import { workOn } from '../../shared/decision/repository-work.ts';
import { isRetryable } from '../../shared/errors.ts';
import { type BatchWork, batchHandler } from '../../shared/queue/batch-handler.ts';
import { type ImageUpdate, imageUpdatesSchema } from '../../shared/queue/messages.ts';
import type { ConsumePorts, MessageResult } from '../../shared/queue/partial-batch-failures.ts';
import { HeadCache } from './branch/head-cache.ts';
import { type CommitRateLimit, commitRateLimit } from './commit-rate-limit.ts';
import { commitUpdates, describeUpdates, type Share } from './commit-updates.ts';
import { commitOperations } from './operations.ts';
import type { CommitPorts } from './ports.ts';

/** Takes updates from their queue, one commit for each repository and branch among them. */
export function createHandler({
  rateLimit,
  ...opened
}: Omit<CommitPorts, 'heads' | 'rateLimit' | 'time'> &
  ConsumePorts & { readonly rateLimit?: CommitRateLimit }): MiddyfiedHandler<SQSEvent, SQSBatchResponse> {
  const { now } = opened;
  const own = { heads: new HeadCache(), rateLimit: rateLimit ?? commitRateLimit(now), time: new RepositoryTime(now) };
  const ports = { ...opened, ...own };
  const commit: BatchWork<readonly ImageUpdate[]> = async (messages, millisLeft) =>
    commitBatch(messages, ports, millisLeft);
  return batchHandler('updates', imageUpdatesSchema, commit, describeUpdates, ports);
}

type Failures = ReadonlyMap<ImageUpdate, unknown>;

/**
 * A message that fails holds up none behind it in its group, as AWS advises where order matters: here each update is
 * decided on what stands there, whatever came before it.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
async function commitBatch(
  messages: readonly (readonly ImageUpdate[])[],
  ports: CommitPorts,
  millisLeft: () => number,
): Promise<readonly MessageResult[]> {
  const branches = Map.groupBy(messages.flat(), ({ repository, branch }) => JSON.stringify([repository, branch]));
  const share = () => shareOfTime(millisLeft(), branches.size);
  const failures = await Promise.all(
    [...branches.values()].map(async (updates) => {
      const [first] = updates;
      return workOn({ url: first?.repository ?? '', branch: first?.branch ?? '' }, share(), async () =>
        commitBranch(updates, ports, share),
      );
    }),
  );
  const failed: Failures = new Map(failures.flatMap((one) => Array.from(one)));
  return messages.map((updates) => outcomeOf(updates, failed));
}

/** The updates of one branch that failed: all of them where the host did, else those whose own file cannot be edited. */
async function commitBranch(updates: readonly ImageUpdate[], ports: CommitPorts, share: Share): Promise<Failures> {
  try {
    const results = await commitUpdates(updates, ports, share);
    return new Map(results.flatMap((one) => (one.action === 'fail' ? [[one.update, one.error]] : [])));
  } catch (error) {
    return new Map(updates.map((update) => [update, error]));
  }
}

/** Of a message in part done, what may succeed later decides: what is done already is dropped when it comes again. */
function outcomeOf(updates: readonly ImageUpdate[], failed: Failures): MessageResult {
  const left = updates.filter((update) => failed.has(update));
  if (left.length === 0) {
    return undefined;
  }
  const errors = left.map((update) => failed.get(update));
  return {
    error: errors.find(isRetryable) ?? errors[0],
    left: JSON.stringify({ version: 2, updates: left }),
  };
}

/** Opens commit-image: it alone writes to Git. */
export async function open(base: FunctionBase): Promise<OpenFunction<SQSEvent, SQSBatchResponse>> {
  const { connection, queue, sender } = base;
  const repositories = await openRepositories(connection);
  return {
    handler: createHandler({
      ...base.consuming('updates'),
      repositories,
      registry: await openRegistries(connection),
      now: connection.now,
    }),
    operations: commitOperations({
      repositories,
      updates: async () => queue('updates'),
      deadLetters: base.deadLetters(() => sender('updates')),
    }),
  };
}

export const handler = lambdaEntry('commit-image', process.env, open);
