import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'aws-lambda';
import { memoryCache } from '../cache/memory-cache.ts';
import { type Environment, readEnvironment } from '../config/environment.ts';
import { createLog, type Log } from '../log.ts';
import type { MessageSender } from '../queue/port.ts';
import type { ConnectionOptions } from './open.ts';

/** What every function on Lambda begins with. */
export interface LambdaBase {
  readonly environment: Environment;
  readonly log: Log;
  readonly connection: ConnectionOptions;
  /** The sending end of a queue; its client is loaded by the first call. */
  readonly sender: (queue: 'pushes' | 'updates' | 'dead-letters') => Promise<MessageSender>;
}

type Handler<Event, Result> = (event: Event, context: Context) => Promise<Result>;

/**
 * A Lambda entry that opens its ports with the first event and keeps them. A fault in the configuration fails each
 * invocation with its message, until it is mended.
 */
export function lambdaEntry<Event, Result>(
  service: string,
  variables: Readonly<Record<string, string | undefined>>,
  create: (base: LambdaBase) => Promise<Handler<Event, Result>>,
): Handler<Event, Result> {
  let opened: Promise<Handler<Event, Result>> | undefined;
  return async (event, context) => {
    opened ??= create(lambdaBase(service, variables)).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return (await opened)(event, context);
  };
}

function lambdaBase(service: string, variables: Readonly<Record<string, string | undefined>>): LambdaBase {
  const environment = readEnvironment(variables);
  const { config, secrets } = environment;
  const log = createLog({ service }, environment.logLevel);
  return {
    environment,
    log,
    connection: { config, secrets, directory: join(tmpdir(), 'sluice'), cache: memoryCache(), now: Date.now, log },
    async sender(queue) {
      const [{ SQSClient }, { sqsSender }] = await Promise.all([
        import('@aws-sdk/client-sqs'),
        import('../queue/sqs.ts'),
      ]);
      return sqsSender(new SQSClient({}), environment.queueUrl(queue));
    },
  };
}
