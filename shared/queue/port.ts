/** One message on its way into a queue. */
export interface OutgoingMessage {
  /** JSON text, at most 256 KiB. */
  readonly body: string;
  /** FIFO queues only: messages of one group are delivered in order, and never two batches of it at once. */
  readonly groupId?: string;
  /** FIFO queues only: a second message with the same id within five minutes is accepted and dropped. */
  readonly deduplicationId?: string;
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
