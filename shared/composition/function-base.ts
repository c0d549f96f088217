import type { Context } from 'aws-lambda';
import type { QueueName } from '../config/environment.ts';
import type { DeadLetters, Operations } from '../operator/operations.ts';
import type { ConsumePorts } from '../queue/partial-batch-failures.ts';
import type { MessageQueue, MessageSender } from '../queue/port.ts';
import type { ConnectionOptions } from './open.ts';

/** What a function is opened on. Lambda's and a machine's own differ in the ends of its ports, and in nothing else. */
export interface FunctionBase {
  readonly connection: ConnectionOptions;
  /** Where registries tell of pushes, without the source; undefined where nobody says. */
  readonly pushUrl: () => string | undefined;
  /** The sending end of a queue. */
  readonly sender: (queue: QueueName) => MessageSender;
  /** A whole queue, which only operations need. */
  readonly queue: (queue: QueueName) => Promise<MessageQueue>;
  /** How messages of a queue fail. */
  readonly consuming: (queue: QueueName) => ConsumePorts;
  /**
   * The function's dead letters; undefined where it has none.
   *
   * @param target makes the place that they came from, of the queue that they are in
   */
  readonly deadLetters: (target: (own: MessageSender) => MessageSender) => DeadLetters | undefined;
}

/** A function whose ports are open. */
export interface OpenFunction<Event, Result> {
  readonly handler: (event: Event, context: Context) => Promise<Result>;
  /** What it offers to its operator. */
  readonly operations: Operations;
}
