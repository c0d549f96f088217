import * as z from 'zod';
import { readJson, shortText } from './body.ts';

/**
 * What Lambda keeps of an asynchronous invocation that failed for good:
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
const invocationRecord = z.object({
  requestContext: z.object({ condition: shortText }),
  requestPayload: z.unknown(),
  responsePayload: z.object({ errorMessage: z.string() }).optional().catch(undefined),
});

const imageAction = z.object({
  account: shortText,
  region: shortText,
  detail: z.object({ 'repository-name': shortText, 'image-tag': shortText.optional() }),
});

/** An event that was not taken, and why. */
export interface DeadEvent {
  /** As EventBridge sent it; for the handler, once more. */
  readonly event: unknown;
  readonly reason: string;
  /** What it is about, as far as it can be read. */
  readonly summary: string;
}

/**
 * Reads a dead letter: Lambda's record of a failed invocation, or the event itself where EventBridge could not invoke.
 *
 * @param attributes of the message; EventBridge puts its reason there:
 *   https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 * @throws SluiceError `push-malformed` where the body is no JSON
 */
export function readDeadEvent(body: string, attributes: Readonly<Record<string, string>>): DeadEvent {
  const json = readJson(z.unknown(), Buffer.from(body), 'a dead letter');
  const record = invocationRecord.safeParse(json).data;
  if (record !== undefined) {
    const { requestPayload: event, requestContext, responsePayload } = record;
    return { event, reason: responsePayload?.errorMessage ?? requestContext.condition, summary: summaryOf(event) };
  }
  const { ERROR_CODE: code, ERROR_MESSAGE: message } = attributes;
  const reason = [code, message].filter((one) => one !== undefined).join(': ');
  return { event: json, reason: reason === '' ? 'not said' : reason, summary: summaryOf(json) };
}

function summaryOf(event: unknown): string {
  const parsed = imageAction.safeParse(event).data;
  if (parsed === undefined) {
    return 'an event of another shape';
  }
  const { account, region, detail } = parsed;
  const tag = detail['image-tag'];
  return `push of ${detail['repository-name']}${tag === undefined ? '' : `:${tag}`} (ECR, ${account}, ${region})`;
}
