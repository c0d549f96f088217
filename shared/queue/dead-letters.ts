import { type DeadLetter, readDeadLetter } from './dead-letter.ts';
import type { MessageQueue, MessageSender, OutgoingMessage, ReceivedMessage } from './port.ts';

/** As many as a function can work through within its time; who wants more asks again. */
const MOST_AT_ONCE = 100;
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
  const listed: DeadLetter[] = [];
  await eachOf(queue, options, async (messages) => {
    listed.push(...messages.map((message) => readDeadLetter(message).letter));
    return new Set();
  });
  return listed;
}

export interface RedriveOptions extends ListOptions {
  /** Only these; all where it is left out. */
  readonly messageIds?: readonly string[] | undefined;
}

/** What came of it. */
export interface Redriven {
  readonly redriven: number;
  /** How many are in the queue still. */
  readonly left: number;
}

/**
 * Sends dead letters back to where they came from. One leaves the dead-letter queue once it is taken there: if this
 * dies between the two, it is there twice, and a FIFO queue drops the second.
 *
 * @param target takes what the message held before it died
 * @throws SluiceError `queue-unavailable`, or what the target throws; nothing is lost then
 */
export async function redriveDeadLetters(
  queue: MessageQueue,
  target: MessageSender,
  { messageIds, ...options }: RedriveOptions = {},
): Promise<Redriven> {
  const chosen = messageIds === undefined ? undefined : new Set(messageIds);
  let redriven = 0;
  await eachOf(queue, options, async (messages) => {
    const back = messages.filter(({ messageId }) => chosen === undefined || chosen.has(messageId));
    await target.send(back.map(revived));
    await Promise.all(back.map(async ({ receiptHandle }) => queue.delete(receiptHandle)));
    redriven += back.length;
    return new Set(back);
  });
  const { visible, inFlight } = await queue.depth();
  return { redriven, left: visible + inFlight };
}

/**
 * Works through a queue, and gives back what is left in it.
 *
 * @param work gives those that are gone from the queue
 */
async function eachOf(
  queue: MessageQueue,
  { most = MOST_AT_ONCE, waitSeconds = WAIT_SECONDS }: ListOptions,
  work: (messages: readonly ReceivedMessage[]) => Promise<ReadonlySet<ReceivedMessage>>,
): Promise<void> {
  const left: ReceivedMessage[] = [];
  try {
    for (let seen = 0; seen < most; ) {
      const max = Math.min(BATCH, most - seen);
      const messages = await queue.receive({ max, visibilitySeconds: VISIBILITY_SECONDS, waitSeconds });
      if (messages.length === 0) {
        return;
      }
      seen += messages.length;
      left.push(...messages);
      const gone = await work(messages);
      left.splice(-messages.length, messages.length, ...messages.filter((message) => !gone.has(message)));
    }
  } finally {
    await Promise.all(left.map(async ({ receiptHandle }) => queue.changeVisibility(receiptHandle, 0)));
  }
}

/** SQS remembers for five minutes the id that a message was first sent with, and would drop it under that. */
function revived(message: ReceivedMessage): OutgoingMessage {
  const { messageId, groupId } = message;
  const { body } = readDeadLetter(message);
  return { body, ...(groupId === undefined ? {} : { groupId, deduplicationId: `redriven-${messageId}` }) };
}
