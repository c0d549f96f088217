import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { lazily, lambdaPorts } from '../../shared/connections/lambda.ts';
import { type ConsumePorts, consume, eachRecord } from '../../shared/queue/consume.ts';
import { imagePushSchema, readMessage } from '../../shared/queue/messages.ts';
import { type EvaluatePorts, evaluatePush } from './evaluate.ts';

/** Takes pushes from their queue and answers with those that have to come back. */
export function createHandler(ports: EvaluatePorts & ConsumePorts) {
  return middy(
    async (event: SQSEvent): Promise<SQSBatchResponse> =>
      consume(
        event,
        ports,
        eachRecord(async ({ body }) => evaluatePush(readMessage(imagePushSchema, body, 'message of queue pushes'), ports)),
      ),
  );
}
