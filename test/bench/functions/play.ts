import { randomUUID } from 'node:crypto';
import { pushImage } from '../../../infra/demo/registry/push-image.ts';
import type { FunctionName } from '../../../shared/config/secret-uses.ts';
import type { ApplyReport } from '../../../shared/queue/messages.ts';
import { type SqsMessage, toRecord } from '../../aws/event-sources.ts';
import { eventOf } from '../../unit/receive-push/front-door.ts';
import { type Deployed, PUSH_SECRET } from './deployed.ts';

/** Runs a function with an event, which is JSON, and waits for it. */
export type Run = (name: FunctionName, payload: string) => Promise<void>;

const NO_REVISION = '0'.repeat(40);

/** Pushes an image and plays what comes of it: each function once, with the events that Lambda would give it. */
export async function playPush(deployed: Deployed, tag: string, run: Run): Promise<void> {
  const { registry } = deployed;
  const created = new Date();
  await pushImage({ registry: `http://${registry}`, repository: 'hello', tag, created, content: tag });
  await run('receive-push', JSON.stringify(pushEvent(registry, tag, created)));
  await run('evaluate-policy', await takeBatch(deployed, 'PushesQueue'));
  await run('commit-image', await takeBatch(deployed, 'UpdatesQueue'));
  await run('sweep', JSON.stringify({ source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }));
  await run('report-apply', JSON.stringify(report(deployed, created)));
}

/** @see https://distribution.github.io/distribution/about/notifications/#events */
function pushEvent(registry: string, tag: string, created: Date) {
  const target = { mediaType: 'application/vnd.oci.image.manifest.v1+json', repository: 'hello', tag, size: 1234 };
  const event = {
    id: randomUUID(),
    timestamp: created.toISOString(),
    action: 'push',
    target,
    request: { id: randomUUID(), addr: '192.0.2.1:50000', host: registry, method: 'PUT', useragent: 'skopeo' },
    actor: {},
    source: { addr: 'registry:5000', instanceID: randomUUID() },
  };
  return eventOf({ headers: { authorization: `Bearer ${PUSH_SECRET}` }, body: { events: [event] } });
}

function report({ repositoryUrl: repository }: Deployed, startedAt: Date): ApplyReport {
  return {
    version: 1,
    cluster: 'bench',
    repository,
    branch: 'main',
    revision: NO_REVISION,
    objects: [{ object: 'deployment/default/hello', action: 'configured' }],
    healthy: true,
    problems: [],
    startedAt: startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
  };
}

/** Takes what waits in a queue, as one event. @throws Error where nothing does */
async function takeBatch({ api, stack }: Deployed, queue: string): Promise<string> {
  const QueueUrl = stack.physicalId(queue);
  const { Messages = [] } = await api.json<{ readonly Messages?: readonly SqsMessage[] }>(
    'AmazonSQS.ReceiveMessage',
    'sqs',
    { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 5, AttributeNames: ['All'] },
  );
  if (Messages.length === 0) {
    throw new Error(`${queue}: expected a message, found none`);
  }
  for (const { ReceiptHandle } of Messages) {
    await api.json('AmazonSQS.DeleteMessage', 'sqs', { QueueUrl, ReceiptHandle });
  }
  const arn = `arn:aws:sqs:eu-central-1:123456789012:${QueueUrl.split('/').at(-1)}`;
  return JSON.stringify({ Records: Messages.map((message) => toRecord(message, arn)) });
}
