import * as z from '../schema.ts';
import { applyReportSchema, imagePushSchema, imageUpdatesSchema } from './messages.ts';
import type { ReceivedMessage } from './port.ts';

/** A message that failed for good, for people. */
export interface DeadLetter {
  readonly messageId: string;
  /** When it came to be, ISO 8601 in UTC; SQS gives the message's own time where SQS moved it. */
  readonly sentAt: string;
  readonly reason: string;
  /** What it is about, as far as it can be read. */
  readonly summary: string;
}

export interface ReadDeadLetter {
  readonly letter: DeadLetter;
  /** What to try again with. */
  readonly body: string;
}

/**
 * What Lambda keeps of an asynchronous invocation that failed for good:
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
const invocationRecord = z.object({
  requestContext: z.object({ condition: z.string() }),
  requestPayload: z.unknown(),
  responsePayload: z.catch(z.optional(z.object({ errorMessage: z.string() })), undefined),
});

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html */
const imageAction = z.object({
  account: z.string(),
  region: z.string(),
  detail: z.object({ 'repository-name': z.string(), 'image-tag': z.optional(z.string()) }),
});

/** A message of this size is cut in a list: a reason may quote another program's output. */
const LONGEST_SUMMARY = 200;
const LONGEST_REVISION = 7;

/**
 * Reads a dead letter: one of ours, one that SQS moved, Lambda's record of a failed invocation, or the event itself
 * where EventBridge could not invoke. What cannot be read is a dead letter all the same.
 */
export function readDeadLetter(message: ReceivedMessage): ReadDeadLetter {
  const { messageId, attributes, sentAt } = message;
  const record = invocationRecord.safeParse(parse(message.body)).data;
  const body = record === undefined ? message.body : JSON.stringify(record.requestPayload);
  const reason =
    record === undefined
      ? reasonIn(attributes)
      : (record.responsePayload?.errorMessage ?? record.requestContext.condition);
  return {
    letter: {
      messageId,
      sentAt: new Date(sentAt).toISOString(),
      reason: reason ?? 'not said; the log of its function may tell',
      summary: summaryOf(parse(body)) ?? `something else: ${body}`.slice(0, LONGEST_SUMMARY),
    },
    body,
  };
}

/** Ours, or EventBridge's: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html */
function reasonIn({ error, ERROR_CODE: code, ERROR_MESSAGE: message }: ReceivedMessage['attributes']) {
  return (
    error ?? (code === undefined && message === undefined ? undefined : [code, message].filter(Boolean).join(': '))
  );
}

function summaryOf(payload: unknown): string | undefined {
  const push = imagePushSchema.safeParse(payload).data;
  if (push !== undefined) {
    return `push of ${push.registry}/${push.repository}:${push.tag} (${push.source})`;
  }
  const updates = imageUpdatesSchema.safeParse(payload).data;
  if (updates !== undefined) {
    const changes = new Set(updates.map(({ image, to }) => `${image}:${to.tag}`));
    const places = new Set(updates.map(({ repository, branch }) => `${repository} (${branch})`));
    return `update to ${[...changes].join(', ')} in ${[...places].join(', ')}`;
  }
  const report = applyReportSchema.safeParse(payload).data;
  if (report !== undefined) {
    const { cluster, revision, repository, branch } = report;
    return `report of ${cluster} on ${revision.slice(0, LONGEST_REVISION)} of ${repository} (${branch})`;
  }
  const event = imageAction.safeParse(payload).data;
  if (event !== undefined) {
    const { account, region, detail } = event;
    const tag = detail['image-tag'];
    return `push of ${detail['repository-name']}${tag === undefined ? '' : `:${tag}`} (ECR, ${account}, ${region})`;
  }
  return undefined;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
