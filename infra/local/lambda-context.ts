import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';

/**
 * The context that Lambda gives a function with each event.
 *
 * @param qualifier the alias or version that it is invoked by; undefined for none
 */
export function lambdaContext(functionName: string, timeoutMillis: number, qualifier?: string): Context {
  const deadline = Date.now() + timeoutMillis;
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}${qualifier === undefined ? '' : `:${qualifier}`}`,
    memoryLimitInMB: '256',
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}
