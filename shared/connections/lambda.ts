import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'aws-lambda';
import { awsAccount } from '../aws/account.ts';
import { dynamoCache } from '../cache/dynamodb-cache.ts';
import { memoryCache } from '../cache/memory-cache.ts';
import { type Environment, type QueueName, readEnvironment } from '../config/environment.ts';
import { rememberSecrets, type SecretMemory } from '../config/secret-memory.ts';
import { createLog, type Log, type LogLevel } from '../log.ts';
import { isOperation } from '../operations/is-operation.ts';
import type { OperationResult, Operations } from '../operations/operations.ts';
import type { MessageQueue, MessageSender } from '../queue/port.ts';
import { sqsSender } from '../queue/sqs-sender.ts';
import type { ConnectionOptions } from './open.ts';
import { reopening } from './reload-on-secret-change.ts';

/** What every function on Lambda begins with; it lives as long as the process. */
export interface LambdaBase {
  readonly environment: Environment;
  readonly log: Log;
  readonly connection: ConnectionOptions;
  readonly secrets: SecretMemory;
  /** The sending end of a queue. */
  readonly sender: (queue: QueueName) => MessageSender;
  /** A whole queue, which only operations need. */
  readonly queue: (queue: QueueName) => Promise<MessageQueue>;
}

type Handler<Event, Result> = (event: Event, context: Context) => Promise<Result>;

/** A function whose ports are open. */
export interface LambdaFunction<Event, Result> {
  readonly handler: Handler<Event, Result>;
  readonly operations: Operations;
}

/**
 * A Lambda entry that opens its ports with the first event and keeps them until a secret changes. A fault in the
 * configuration, or a secret that is missing, fails each invocation with its message, until it is mended; a check is
 * answered with it.
 */
export function lambdaEntry<Event, Result>(
  service: string,
  variables: Readonly<Record<string, string | undefined>>,
  create: (base: LambdaBase) => Promise<LambdaFunction<Event, Result>>,
): Handler<Event, Result | OperationResult> {
  let entry: (() => Promise<LambdaFunction<Event, Result>>) | undefined;
  let log: Log | undefined;
  // Lambda hands a process one event at a time.
  let requestId: string | undefined;
  const openLog = (level?: LogLevel) => createLog({ service }, level, undefined, { current: () => ({ requestId }) });
  const open = async () => {
    if (entry === undefined) {
      const environment = readEnvironment(variables);
      log = openLog(environment.logLevel);
      entry = openEntry(lambdaBase(environment, variables, log), create);
    }
    return entry();
  };
  return async (event, context) => {
    requestId = context.awsRequestId;
    try {
      if (isOperation(event)) {
        const [{ answerOperation }, { qualifierOf, requireOperator }] = await Promise.all([
          import('../operations/operations.ts'),
          import('../operations/operator-alias.ts'),
        ]);
        requireOperator(service, qualifierOf(context.invokedFunctionArn));
        return await answerOperation(event, async () => (await open()).operations);
      }
      const { handler } = await open();
      return await handler(event, context);
    } catch (error) {
      (log ?? openLog()).error('invocation failed', { error });
      throw error;
    }
  };
}

function openEntry<Event, Result>(
  base: LambdaBase,
  create: (base: LambdaBase) => Promise<LambdaFunction<Event, Result>>,
): () => Promise<LambdaFunction<Event, Result>> {
  return reopening(async () => create(base), base.secrets);
}

function lambdaBase(
  environment: Environment,
  variables: Readonly<Record<string, string | undefined>>,
  log: Log,
): LambdaBase {
  const now = Date.now;
  const { config, secretsSeconds: lifetimeSeconds, cacheTable: table } = environment;
  const secrets = rememberSecrets(environment.secrets, { lifetimeSeconds, now, log });
  const aws = awsAccount(variables);
  const sqs = aws.service('sqs');
  const cache = table === undefined ? memoryCache() : dynamoCache(aws.service('dynamodb'), { table, now, log });
  return {
    environment,
    log,
    secrets,
    connection: {
      config,
      secrets: secrets.read,
      newSecrets: async () => secrets.refused(),
      aws,
      directory: join(tmpdir(), 'sluice'),
      cache,
      now,
      log,
    },
    sender: (name) => sqsSender(sqs, environment.queueUrl(name)),
    async queue(name) {
      const { sqsQueue } = await import('../queue/sqs-queue.ts');
      return sqsQueue(sqs, environment.queueUrl(name));
    },
  };
}
