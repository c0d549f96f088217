import { expect, test } from 'vitest';
import { readDeadEvent } from '../../../functions/receive-push/dead-event.ts';

const event = {
  id: '1',
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account: '123456789012',
  region: 'eu-central-1',
  detail: { 'action-type': 'PUSH', result: 'SUCCESS', 'repository-name': 'team/shop', 'image-tag': '1.0.1' },
};
const summary = 'push of team/shop:1.0.1 (ECR, 123456789012, eu-central-1)';

/** As in https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html, with our payloads. */
function recordOf(requestPayload: unknown, responsePayload?: unknown) {
  return {
    version: '1.0',
    timestamp: '2026-11-24T10:00:00.000Z',
    requestContext: {
      requestId: '1',
      functionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:sluice-prod-receive-push:$LATEST',
      condition: responsePayload === undefined ? 'EventAgeExceeded' : 'RetriesExhausted',
      approximateInvokeCount: 3,
    },
    requestPayload,
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload,
  };
}

test.each([
  {
    what: 'an invocation that failed',
    body: recordOf(event, { errorType: 'SluiceError', errorMessage: 'queue pushes: expected …', trace: [] }),
    dead: { event, reason: 'queue pushes: expected …', summary },
  },
  {
    what: 'an invocation that came too late',
    body: recordOf(event),
    dead: { event, reason: 'EventAgeExceeded', summary },
  },
  {
    what: 'an event that EventBridge could not deliver',
    body: event,
    attributes: { ERROR_CODE: 'NO_PERMISSIONS', ERROR_MESSAGE: 'not authorized', RETRY_ATTEMPTS: '0' },
    dead: { event, reason: 'NO_PERMISSIONS: not authorized', summary },
  },
  { what: 'an event without a reason', body: event, dead: { event, reason: 'not said', summary } },
  {
    what: 'an event of another shape',
    body: recordOf({ x: 1 }, 'not an object'),
    dead: { event: { x: 1 }, reason: 'RetriesExhausted', summary: 'an event of another shape' },
  },
])('$what', ({ body, attributes = {}, dead }) => {
  expect(readDeadEvent(JSON.stringify(body), attributes)).toEqual(dead);
});

test('a body that is no JSON is refused', () => {
  expect(() => readDeadEvent('{', {})).toThrow('push: expected a dead letter, found no JSON');
});
