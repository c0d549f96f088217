import type { SQSEvent } from 'aws-lambda';

export interface SqsEventOptions {
  /** How often each was delivered, this time too. */
  readonly receives?: number;
  /** Of a FIFO queue. */
  readonly groupId?: string;
}

/** A batch of a queue as Lambda hands it to a function. */
export function sqsEvent(bodies: readonly string[], { receives = 1, groupId }: SqsEventOptions = {}): SQSEvent {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `message-${index}`,
      receiptHandle: 'receipt',
      body,
      attributes: {
        ApproximateReceiveCount: String(receives),
        SentTimestamp: '0',
        SenderId: 'test',
        ApproximateFirstReceiveTimestamp: '0',
        ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:local:000000000000:${groupId === undefined ? 'pushes' : 'updates.fifo'}`,
      awsRegion: 'local',
    })),
  };
}
