import { expect, test } from 'vitest';
import { readDeadLetter } from '../../../shared/queue/dead-letter.ts';

const SENT_AT = Date.UTC(2026, 10, 24, 10);
const UNSAID = 'not said; the log of its function may tell';

const event = {
  id: '1',
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account: '123456789012',
  region: 'eu-central-1',
  detail: { 'action-type': 'PUSH', result: 'SUCCESS', 'repository-name': 'team/shop', 'image-tag': '1.0.1' },
};
const ofEvent = 'push of team/shop:1.0.1 (ECR, 123456789012, eu-central-1)';

const at = '2026-11-24T10:00:00Z';
const push = { version: 1, id: 'p', source: 'generic', registry: 'r:5000', repository: 'a', tag: '2', receivedAt: at };
const update = {
  version: 1,
  repository: 'https://git.example.com/shop.git',
  branch: 'main',
  revision: 'a1b2c3d4e5f6',
  site: { file: 'k8s/a.yml', object: 'deployment/default/a', container: 'a' },
  image: 'r:5000/a',
  from: 'r:5000/a:1',
  to: { tag: '2' },
  policy: 'semver: *',
  push: { id: 'p', source: 'generic', receivedAt: at },
};
const report = {
  version: 1,
  cluster: 'prod',
  repository: 'https://git.example.com/shop.git',
  branch: 'main',
  revision: 'a1b2c3d4e5f6',
  objects: [],
  healthy: true,
  problems: [],
  startedAt: at,
  finishedAt: at,
};

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

interface Row {
  readonly what: string;
  readonly body: unknown;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly summary: string;
  /** What is tried again, where that is not the body. */
  readonly revived?: unknown;
}

test.each<Row>([
  {
    what: 'a push',
    body: push,
    attributes: { error: 'registry r:5000: found status 500' },
    reason: 'registry r:5000: found status 500',
    summary: 'push of r:5000/a:2 (generic)',
  },
  {
    what: 'updates of a branch',
    body: { version: 2, updates: [update, { ...update, image: 'r:5000/b' }] },
    attributes: { error: 'why' },
    reason: 'why',
    summary: 'update to r:5000/a:2, r:5000/b:2 in https://git.example.com/shop.git (main)',
  },
  {
    what: 'an update of the first version, which SQS moved',
    body: update,
    reason: UNSAID,
    summary: 'update to r:5000/a:2 in https://git.example.com/shop.git (main)',
  },
  {
    what: 'a report that Lambda gave up',
    body: recordOf(report, { errorType: 'SluiceError', errorMessage: 'git host: …', trace: [] }),
    reason: 'git host: …',
    summary: 'report of prod on a1b2c3d of https://git.example.com/shop.git (main)',
    revived: report,
  },
  {
    what: 'an event of ECR that Lambda gave up',
    body: recordOf(event, { errorType: 'SluiceError', errorMessage: 'queue pushes: expected …', trace: [] }),
    reason: 'queue pushes: expected …',
    summary: ofEvent,
    revived: event,
  },
  {
    what: 'an event that Lambda took too late',
    body: recordOf(event),
    reason: 'EventAgeExceeded',
    summary: ofEvent,
    revived: event,
  },
  {
    what: 'an event that EventBridge could not deliver',
    body: event,
    attributes: { ERROR_CODE: 'NO_PERMISSIONS', ERROR_MESSAGE: 'not authorized', RETRY_ATTEMPTS: '0' },
    reason: 'NO_PERMISSIONS: not authorized',
    summary: ofEvent,
  },
  { what: 'an event without a reason', body: event, reason: UNSAID, summary: ofEvent },
  {
    what: 'another invocation',
    body: recordOf({ x: 1 }, 'not an object'),
    reason: 'RetriesExhausted',
    summary: 'something else: {"x":1}',
    revived: { x: 1 },
  },
])('$what', ({ body, attributes = {}, reason, summary, revived = body }) => {
  const { body: again, letter } = readDeadLetter(received(JSON.stringify(body), attributes));
  expect(letter).toEqual({ messageId: 'm', sentAt: '2026-11-24T10:00:00.000Z', reason, summary });
  expect(JSON.parse(again)).toEqual(revived);
});

test('a body that is no JSON is kept as it is', () => {
  expect(readDeadLetter(received('{', { error: 'message of queue pushes: expected JSON' }))).toMatchObject({
    letter: { summary: 'something else: {' },
    body: '{',
  });
});

function received(body: string, attributes: Readonly<Record<string, string>>) {
  return {
    messageId: 'm',
    body,
    attributes,
    receiptHandle: 'h',
    receiveCount: 1,
    groupId: undefined,
    deduplicationId: undefined,
    sentAt: SENT_AT,
    firstReceivedAt: SENT_AT,
  };
}
