import type { MiddyfiedHandler } from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { FunctionBase, OpenFunction } from '../../shared/composition/function-base.ts';
import { lambdaEntry } from '../../shared/composition/lambda.ts';
import { openRegistries, openRepositories } from '../../shared/composition/open.ts';
import { openPushClock } from '../../shared/composition/push-clock.ts';
import { RepositoryTime } from '../../shared/decision/repository-time.ts';
import { siteReader } from '../../shared/decision/site-reader.ts';
import { type BatchWork, batchHandler } from '../../shared/queue/batch-handler.ts';
import { type ImagePush, imagePushSchema } from '../../shared/queue/messages.ts';
import type { ConsumePorts } from '../../shared/queue/partial-batch-failures.ts';
import { debounceBursts } from './debounce-burst.ts';
import { type EvaluatePorts, evaluatePushes } from './evaluate.ts';
import { describePush } from './evaluate-push.ts';
import { evaluateOperations } from './operations.ts';

/** Takes pushes from their queue and answers with those that have to come back. */
export function createHandler(
  opened: Omit<EvaluatePorts, 'debounce' | 'time'> & ConsumePorts,
): MiddyfiedHandler<SQSEvent, SQSBatchResponse> {
  const ports = { ...opened, debounce: debounceBursts(opened.now), time: new RepositoryTime(opened.now) };
  const evaluate: BatchWork<ImagePush> = async (pushes, millisLeft) => evaluatePushes(pushes, ports, millisLeft);
  return batchHandler('pushes', imagePushSchema, evaluate, describePush, ports);
}

/** Opens evaluate-policy: it reads Git and registries. */
export async function open(base: FunctionBase): Promise<OpenFunction<SQSEvent, SQSBatchResponse>> {
  const { connection, queue, sender } = base;
  const { cache, config, log, now } = connection;
  const readPorts = {
    repositories: await openRepositories(connection, 'read'),
    readSites: siteReader({ cache, log }),
    registry: await openRegistries(connection, openPushClock),
  };
  return {
    handler: createHandler({
      ...base.consuming('pushes'),
      ...readPorts,
      updates: sender('updates'),
      pushes: sender('pushes'),
      now,
    }),
    operations: evaluateOperations({
      ...readPorts,
      hosts: config.registries.map(({ host }) => host),
      pushes: async () => queue('pushes'),
      deadLetters: base.deadLetters(() => sender('pushes')),
      now,
    }),
  };
}

export const handler = lambdaEntry('evaluate-policy', process.env, open);
