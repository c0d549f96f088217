/** One message on its way into a queue. */
export interface OutgoingMessage {
  /** JSON text, at most 256 KiB. */
  readonly body: string;
  /** FIFO queues only: messages of one group are delivered in order, and never two batches of it at once. */
  readonly groupId?: string;
  /** FIFO queues only: a second message with the same id within five minutes is accepted and dropped. */
  readonly deduplicationId?: string;
  /** Text beside the body: a dead letter's `error`. */
  readonly attributes?: Readonly<Record<string, string>>;
}

/** The end of a queue that functions hold. */
export interface MessageSender {
  /**
   * Puts messages into the queue, in order. When it returns they are durable.
   *
   * @throws SluiceError retryable, where the queue cannot take them; some may be in then, and sending all again is right
   */
  send(messages: readonly OutgoingMessage[]): Promise<void>;
}

/** A message in flight: hidden from others until it is deleted or its visibility timeout ends. */
export interface ReceivedMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Good for this receive only: one from an earlier receive deletes nothing. */
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
 * - FIFO: in order within a group; up to ten of one group in a batch; a group with a message in flight gives no other;
 * - after `maxReceives` receives a message moves to the dead-letter queue instead of coming again.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/FIFO-queues-understanding-logic.html
 */
export interface MessageQueue extends MessageSender {
  receive(options: ReceiveOptions): Promise<readonly ReceivedMessage[]>;
  /** Ends a message for good. */
  delete(receiptHandle: string): Promise<void>;
  /** Hides a message for so many seconds from now; 0 gives it back at once. */
  changeVisibility(receiptHandle: string, seconds: number): Promise<void>;
  /** How many messages wait, and how many are in flight. */
  depth(): Promise<QueueDepth>;
}

export interface QueueDepth {
  readonly visible: number;
  readonly inFlight: number;
}
