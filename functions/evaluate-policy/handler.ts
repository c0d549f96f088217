import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { lambdaEntry } from '../../shared/connections/lambda.ts';
import { openRegistries, openRepositories } from '../../shared/connections/open.ts';
import { siteReader } from '../../shared/decision/repository.ts';
import { RepositoryTime } from '../../shared/decision/repository-time.ts';
import { allTogether, type ConsumePorts, consume } from '../../shared/queue/partial-batch-failures.ts';
import { imagePushSchema, readMessage } from '../../shared/queue/messages.ts';
import { type EvaluatePorts, evaluatePushes } from './evaluate.ts';
import { describePush } from './evaluate-push.ts';
import { gatherBursts } from './gather.ts';
import { evaluateOperations } from './operations.ts';

/** Takes pushes from their queue and answers with those that have to come back. */
export function createHandler(opened: Omit<EvaluatePorts, 'gather' | 'time'> & ConsumePorts) {
  const ports = { ...opened, gather: gatherBursts(opened.now), time: new RepositoryTime(opened.now) };
  return middy(
    async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> =>
      consume(
        event,
        ports,
        allTogether(
          ({ body }) => readMessage(imagePushSchema, body, 'message of queue pushes'),
          async (pushes) => evaluatePushes(pushes, ports, () => context.getRemainingTimeInMillis()),
          describePush,
        ),
      ),
  );
}

export const handler = lambdaEntry(
  'evaluate-policy',
  process.env,
  async ({ connection, environment, log, ...queues }) => {
    const eyes = {
      repositories: await openRepositories(connection, 'read'),
      readSites: siteReader({ cache: connection.cache, log }),
      registry: await openRegistries(connection),
    };
    return {
      handler: createHandler({
        ...eyes,
        updates: queues.sender('updates'),
        deadLetters: queues.sender('dead-letters'),
        maxReceives: environment.maxReceives,
        hide: async (receiptHandle, seconds) => (await queues.queue('pushes')).changeVisibility(receiptHandle, seconds),
        log,
        now: connection.now,
      }),
      operations: evaluateOperations({
        ...eyes,
        hosts: connection.config.registries.map(({ host }) => host),
        pushes: async () => queues.queue('pushes'),
        deadLetters: { open: async () => queues.queue('dead-letters'), target: queues.sender('pushes') },
      }),
    };
  },
);
