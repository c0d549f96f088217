import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AwsApi } from './aws-api.ts';
import type { Lambda } from './lambda.ts';
import type { Outcome } from './sandbox.ts';
import type { DeployedFunction } from './stack.ts';

/** Invocations that nobody waits for. */
export interface AsynchronousInvocations {
  /** Takes an event; false where there is no such function. */
  accept(name: string, payload: string): boolean;
  /** Waits until each event is taken or given up. */
  settled(): Promise<void>;
}

/** Lambda waits a minute before the second try and two before the third; a test has no such time. */
const PAUSES_MILLIS = [500, 1000];

/**
 * Lambda's queue of events: each is tried again as often as the stack says, then told to the stack's destination for
 * failures.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function asynchronousInvocations(
  api: AwsApi,
  lambda: Pick<Lambda, 'invoke'>,
  functions: readonly DeployedFunction[],
): AsynchronousInvocations {
  const open = new Set<Promise<void>>();
  const work = async (target: DeployedFunction, payload: string) => {
    const requestId = randomUUID();
    let outcome: Outcome | undefined;
    const tries = 1 + target.asynchronous.retries;
    for (let done = 0; done < tries; done++) {
      outcome = await lambda.invoke(target.name, payload);
      if (outcome?.failed !== true) {
        return;
      }
      await sleep(PAUSES_MILLIS[done] ?? 0);
    }
    const { onFailure } = target.asynchronous;
    if (onFailure !== undefined && outcome !== undefined) {
      const record = failureRecord(target, requestId, tries, payload, outcome);
      const QueueUrl = `https://sqs/${onFailure.split(':').slice(4).join('/')}`;
      await api.json('AmazonSQS.SendMessage', 'sqs', { QueueUrl, MessageBody: JSON.stringify(record) });
    }
  };
  return {
    accept(name, payload) {
      const target = functions.find((one) => one.name === name);
      if (target === undefined) {
        return false;
      }
      const done = work(target, payload);
      open.add(done);
      void done.finally(() => open.delete(done));
      return true;
    },
    async settled() {
      await Promise.all(open);
    },
  };
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
function failureRecord(
  { arn }: DeployedFunction,
  requestId: string,
  tries: number,
  payload: string,
  { payload: response }: Outcome,
) {
  return {
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId,
      functionArn: `${arn}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: tries,
    },
    requestPayload: JSON.parse(payload),
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: JSON.parse(response),
  };
}
