/**
 * The largest body that every queue takes. SQS queues made before August 2025 take no more; newer ones may.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
 */
export const MAX_BODY_BYTES = 256 * 1024;

/**
 * The longest that a message waits before it can be received.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html DelaySeconds
 */
export const MAX_DELAY_SECONDS = 15 * 60;

/** One message on its way into a queue. */
export interface OutgoingMessage {
  /** JSON text of at most {@link MAX_BODY_BYTES} in UTF-8. */
  readonly body: string;
  /** FIFO queues only: messages of one group are delivered in order, and never two batches of it at once. */
  readonly groupId?: string;
  /**
   * FIFO queues only: a second message with the same id within five minutes is accepted and dropped, whatever its group,
   * and even where the first was deleted since.
   */
  readonly deduplicationId?: string;
  /** Standard queues only: it can be received after so many seconds, at most {@link MAX_DELAY_SECONDS}. */
  readonly delaySeconds?: number;
  /** Text beside the body: a dead letter's `error`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** The end of a queue that functions hold. */
export interface MessageSender {
  /**
   * Puts messages into the queue, in order. When it returns they are durable.
   *
   * @throws SluiceError retryable, where the queue cannot take them; some may be in then, and sending all again is right.
   * Not retryable, where a message is against the rules: too large, or without what a FIFO queue asks for
   */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
}

/** A message in flight: hidden from others until it is deleted or its visibility timeout ends. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  /**
   * Good for this receive only: one from an earlier receive changes nothing, and is no error. (SQS says no error for a
   * standard queue, and may say `ReceiptHandleIsInvalid` for a FIFO queue; neither deletes.)
   */
  readonly receiptHandle: string;
  /** How often it was received, this time included. */
  readonly receiveCount: number;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
  /** Milliseconds since the epoch. */
  readonly firstReceivedAt: number;
}

export interface ReceiveOptions {
  /** 1 to 10. */
  readonly max: number;
  readonly visibilitySeconds: number;
  /** How long to wait for a first message, 0 to 20. */
  readonly waitSeconds: number;
  /** Ends the wait early, with no messages. */
  readonly signal?: AbortSignal;
}

/**
 * A whole queue, with SQS semantics:
 * - at least once: a message that is not deleted before its visibility timeout ends comes again;
 * - FIFO: in order within a group; up to ten of one or more groups in a batch; a group with a message in flight gives
 *   no other;
 * - after `maxReceives` receives a message moves to the dead-letter queue instead of coming again. It keeps its id, its
 *   group and its body. Where the queue knows why, its attribute `error` says so; SQS itself never knows.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 */
export interface MessageQueue extends MessageSender {
  /** The messages that are now in flight; none where none came in time. */
  receive(options: ReceiveOptions): Promise<readonly ReceivedMessage[]>;
  /** Ends a message for good. */
  delete(receiptHandle: string): Promise<void>;
  /**
   * Hides a message for so many seconds from now; 0 gives it back at once.
   *
   * @param reason why it goes back, for its dead letter; SQS has no place for it
   */
  changeVisibility(receiptHandle: string, seconds: number, reason?: string): Promise<void>;
  /** How many messages wait, and how many are in flight. */
  depth(): Promise<QueueDepth>;
}

export interface QueueDepth {
  readonly visible: number;
  readonly inFlight: number;
}
