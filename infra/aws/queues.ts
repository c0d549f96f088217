import type { FunctionName } from '../../shared/config/secret-uses.ts';
import { getAtt, type Resources, ref, type Value } from './intrinsics.ts';
import type { StackSettings } from './settings.ts';
import type { QueueId } from './uses.ts';

/** As AWS advises for a queue that feeds a function: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const VISIBILITY_TIMEOUTS = 6;

/** The longest that SQS keeps a message. */
const FOURTEEN_DAYS = 14 * 24 * 60 * 60;

/** The longest that SQS lets a receiver wait: an empty queue is asked three times a minute. */
const LONG_POLL_SECONDS = 20;

interface QueueProperties {
  readonly [key: string]: Value;
}

/**
 * The queues between the functions, their dead-letter queues, and the policies of all.
 *
 * @param fromEcr whether a rule sends events of ECR, and those that it cannot deliver to `EventsDead`
 */
export function queues(settings: StackSettings, fromEcr: boolean): Resources {
  const fifo = { FifoQueue: true };
  return {
    ...queue('PushesQueue', 'pushes', feeding('evaluate-policy', 'PushesDead', settings), settings),
    ...queue('PushesDead', 'pushes-dead', dead, settings),
    ...queue(
      'UpdatesQueue',
      'updates.fifo',
      { ...fifo, ...feeding('commit-image', 'UpdatesDead', settings) },
      settings,
    ),
    ...queue('UpdatesDead', 'updates-dead.fifo', { ...fifo, ...dead }, settings),
    ...queue('ReportsDead', 'reports-dead', dead, settings),
    ...queue('EventsDead', 'events-dead', dead, settings, fromEcr ? [undeliveredEvents('EventsDead')] : []),
  };
}

const dead: QueueProperties = { MessageRetentionPeriod: FOURTEEN_DAYS };

/** How long a message is hidden that a function works on: after so long one that failed is tried again. */
export function visibilitySeconds(name: FunctionName, { sizes }: StackSettings): number {
  return VISIBILITY_TIMEOUTS * sizes[name].timeout;
}

/** A queue that is a function's event source. */
function feeding(name: FunctionName, deadLetters: QueueId, settings: StackSettings): QueueProperties {
  return {
    VisibilityTimeout: visibilitySeconds(name, settings),
    ReceiveMessageWaitTimeSeconds: LONG_POLL_SECONDS,
    RedrivePolicy: { deadLetterTargetArn: getAtt(deadLetters, 'Arn'), maxReceiveCount: settings.maxReceives },
  };
}

function queue(
  id: QueueId,
  name: string,
  properties: QueueProperties,
  { target, kmsKey }: StackSettings,
  statements: readonly Value[] = [],
): Resources {
  const encrypted = kmsKey === undefined ? { SqsManagedSseEnabled: true } : { KmsMasterKeyId: kmsKey };
  return {
    [id]: { Type: 'AWS::SQS::Queue', Properties: { QueueName: `${target}-${name}`, ...properties, ...encrypted } },
    [`${id}Policy`]: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [ref(id)],
        PolicyDocument: { Version: '2012-10-17', Statement: [overTlsOnly(id), ...statements] },
      },
    },
  };
}

function overTlsOnly(id: QueueId): Value {
  return {
    Sid: 'OverTlsOnly',
    Effect: 'Deny',
    Principal: '*',
    Action: 'sqs:*',
    Resource: getAtt(id, 'Arn'),
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  };
}

function undeliveredEvents(id: QueueId): Value {
  return {
    Sid: 'UndeliveredEvents',
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: getAtt(id, 'Arn'),
    Condition: { ArnEquals: { 'aws:SourceArn': getAtt('EcrRule', 'Arn') } },
  };
}
