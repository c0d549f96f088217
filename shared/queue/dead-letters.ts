import { type DeadLetter, readDeadLetter } from './dead-letter.ts';
import type { MessageQueue, MessageSender, OutgoingMessage, ReceivedMessage } from './port.ts';

/** So many are taken at once; who wants more asks again. */
const MOST_AT_ONCE = 100;
/**
 * No other is sent back after so long: one may take a function that works on it at once most of the time that it has.
 */
const WITHIN_MILLIS = 3000;
/** SQS gives no more: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html */
const BATCH = 10;
/** Longer than any function works on dead letters; if it dies, they are back after this. */
const VISIBILITY_SECONDS = 120;
/** Waiting asks all of SQS's servers; without it a message may be missed. */
const WAIT_SECONDS = 1;

export interface ListOptions {
  /** How many are worked through. */
  readonly most?: number;
  /** How long to wait for a first message before none is taken to be there; 0 is enough where nothing is remote. */
  readonly waitSeconds?: number;
}

/**
 * What lies in a dead-letter queue, and stays there. Of a FIFO queue no more than ten of one group are seen.
 *
 * @throws SluiceError `queue-unavailable`
 */
export async function listDeadLetters(queue: MessageQueue, options: ListOptions = {}): Promise<readonly DeadLetter[]> {
  const messages = await gather(queue, options);
  await giveBack(queue, messages);
  return messages.map((message) => readDeadLetter(message).letter);
}

export interface RedriveOptions extends ListOptions {
  /** Only these; all where it is left out. */
  readonly messageIds?: readonly string[] | undefined;
  /** Once so long has passed no other is sent back. */
  readonly withinMillis?: number;
}

/** What came of it. */
export interface Redriven {
  readonly redriven: number;
  /** How many of those that were in the queue are there still; what has failed again meanwhile does not count. */
  readonly left: number;
}

/**
 * Sends dead letters back to where they came from, one after the other. One leaves the dead-letter queue once it is taken there: if this
 * dies between the two, it is there twice, and a FIFO queue drops the second. All are gathered first: what fails again
 * meanwhile is not sent again.
 *
 * @param target takes what the message held before it died
 * @throws SluiceError `queue-unavailable`, or what the target throws; nothing is lost then
 */
export async function redriveDeadLetters(
  queue: MessageQueue,
  target: MessageSender,
  { messageIds, withinMillis = WITHIN_MILLIS, ...options }: RedriveOptions = {},
): Promise<Redriven> {
  const before = await queue.depth();
  const messages = await gather(queue, options);
  const chosen = messages.filter(({ messageId }) => messageIds?.includes(messageId) ?? true);
  const gone = new Set<ReceivedMessage>();
  const beginAt = performance.now();
  try {
    for (const message of chosen) {
      await target.send([revived(message)]);
      await queue.delete(message.receiptHandle);
      gone.add(message);
      if (performance.now() - beginAt >= withinMillis) {
        break;
      }
    }
  } finally {
    await giveBack(
      queue,
      messages.filter((message) => !gone.has(message)),
    );
  }
  return { redriven: gone.size, left: Math.max(0, before.visible + before.inFlight - gone.size) };
}

/** Takes what is there; it is hidden then. */
async function gather(
  queue: MessageQueue,
  { most = MOST_AT_ONCE, waitSeconds = WAIT_SECONDS }: ListOptions,
): Promise<readonly ReceivedMessage[]> {
  const gathered: ReceivedMessage[] = [];
  try {
    while (gathered.length < most) {
      const max = Math.min(BATCH, most - gathered.length);
      const messages = await queue.receive({ max, visibilitySeconds: VISIBILITY_SECONDS, waitSeconds });
      if (messages.length === 0) {
        break;
      }
      gathered.push(...messages);
    }
  } catch (error) {
    await giveBack(queue, gathered);
    throw error;
  }
  return gathered;
}

async function giveBack(queue: MessageQueue, messages: readonly ReceivedMessage[]): Promise<void> {
  await Promise.all(messages.map(async ({ receiptHandle }) => queue.changeVisibility(receiptHandle, 0)));
}

/** SQS remembers for five minutes the id that a message was first sent with, and would drop it under that. */
function revived(message: ReceivedMessage): OutgoingMessage {
  const { messageId, groupId } = message;
  const { body } = readDeadLetter(message);
  return { body, ...(groupId === undefined ? {} : { groupId, deduplicationId: `redriven-${messageId}` }) };
}
