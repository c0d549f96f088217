import { randomUUID } from 'node:crypto';
import { groupByBranch } from '../../functions/evaluate-policy/group-by-branch.ts';
import { awsAccount } from '../../shared/aws/account.ts';
import { listDeadLetters } from '../../shared/queue/dead-letters.ts';
import { sqsQueue } from '../../shared/queue/sqs-queue.ts';
import { environmentFor } from '../aws/moto.ts';
import type { Aws } from '../aws/open-aws.ts';
import { imageUpdate } from '../fakes/image-updates.ts';

/** What nobody can read, and what its dead letter is to say, for each dead-letter queue of the stack. */
export const POISON = {
  PushesDead: {
    body: '{"version":1,"id":"poison"}',
    reason: /^message of queue pushes: expected a message as this release knows it, found source: /,
  },
  UpdatesDead: { body: 'poison', reason: /^message of queue updates: expected JSON, found something else$/ },
  EventsDead: { body: '{"source":"poison"}', reason: /^push: expected an event of EventBridge, found detail-type: / },
  ReportsDead: {
    body: '{"version":1}',
    reason: /^report of an agent: expected a message as this release knows it, found cluster: /,
  },
} as const;

type DeadLetterQueue = keyof typeof POISON;

/** Sends what nobody can read to both queues; that of updates in the midst of a branch's own. */
export async function poisonQueues({ api, stack }: Aws, repositoryUrl: string): Promise<void> {
  const update = imageUpdate({
    url: repositoryUrl,
    image: 'x/y',
    file: 'k8s/y.yml',
    from: '1',
    to: '2',
    revision: 'r',
  });
  const [{ groupId: MessageGroupId } = {}] = groupByBranch([update]);
  const QueueUrl = { pushes: stack.physicalId('PushesQueue'), updates: stack.physicalId('UpdatesQueue') };
  await api.json('AmazonSQS.SendMessage', 'sqs', { QueueUrl: QueueUrl.pushes, MessageBody: POISON.PushesDead.body });
  await api.json('AmazonSQS.SendMessage', 'sqs', {
    QueueUrl: QueueUrl.updates,
    MessageBody: POISON.UpdatesDead.body,
    MessageGroupId,
    MessageDeduplicationId: randomUUID(),
  });
}

/** Invokes both functions that nobody waits for with what they cannot read, and waits until Lambda gave up. */
export async function poisonInvocations({ invocations, stack }: Aws): Promise<void> {
  invocations.accept(stack.functionNamed('receive-push').name, POISON.EventsDead.body);
  invocations.accept(stack.functionNamed('report-apply').name, POISON.ReportsDead.body);
  await invocations.settled();
}

/** The reasons that lie in a dead-letter queue, each once: who is killed after it sent a letter sends it again. */
export async function reasonsIn({ proxy, stack }: Aws, queue: DeadLetterQueue): Promise<readonly string[]> {
  const sqs = awsAccount(environmentFor(proxy.url)).service('sqs');
  const letters = await listDeadLetters(sqsQueue(sqs, stack.physicalId(queue)));
  return [...new Set(letters.map(({ reason }) => reason))];
}
