import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'aws-lambda';
import { memoryCache } from '../cache/memory-cache.ts';
import type { Cache } from '../cache/port.ts';
import { type Environment, type QueueName, readEnvironment } from '../config/environment.ts';
import { rememberSecrets, type SecretMemory } from '../config/secret-memory.ts';
import { createLog, type Log } from '../log.ts';
import type { MessageSender } from '../queue/port.ts';
import type { ConnectionOptions } from './open.ts';
import { reopening } from './reopen.ts';

/** What every function on Lambda begins with; it lives as long as the process. */
export interface LambdaBase {
  readonly environment: Environment;
  readonly log: Log;
  readonly connection: ConnectionOptions;
  readonly secrets: SecretMemory;
  /** The sending end of a queue; its client is loaded by the first call. */
  readonly sender: (queue: QueueName) => Promise<MessageSender>;
}

type Handler<Event, Result> = (event: Event, context: Context) => Promise<Result>;

/**
 * A Lambda entry that opens its ports with the first event and keeps them until a secret changes. A fault in the
 * configuration, or a secret that is missing, fails each invocation with its message, until it is mended.
 */
export function lambdaEntry<Event, Result>(
  service: string,
  variables: Readonly<Record<string, string | undefined>>,
  create: (base: LambdaBase) => Promise<Handler<Event, Result>>,
): Handler<Event, Result> {
  let entry: (() => Promise<Handler<Event, Result>>) | undefined;
  return async (event, context) => {
    entry ??= openEntry(lambdaBase(service, variables), create);
    const handler = await entry();
    return handler(event, context);
  };
}

function openEntry<Event, Result>(
  base: LambdaBase,
  create: (base: LambdaBase) => Promise<Handler<Event, Result>>,
): () => Promise<Handler<Event, Result>> {
  return reopening(async () => create(base), base.secrets);
}

function lambdaBase(service: string, variables: Readonly<Record<string, string | undefined>>): LambdaBase {
  const environment = readEnvironment(variables);
  const log = createLog({ service }, environment.logLevel);
  const now = Date.now;
  const { config, secretsSeconds: lifetimeSeconds, cacheTable } = environment;
  const secrets = rememberSecrets(environment.secrets, { lifetimeSeconds, now, log });
  const client = loadedOnce(async () => {
    const { SQSClient } = await import('@aws-sdk/client-sqs');
    return new SQSClient({});
  });
  return {
    environment,
    log,
    secrets,
    connection: {
      config,
      secrets: secrets.read,
      newSecrets: async () => secrets.refused(),
      directory: join(tmpdir(), 'sluice'),
      cache: cacheTable === undefined ? memoryCache() : tableCache(cacheTable, now),
      now,
      log,
    },
    async sender(queue) {
      const [sqs, { sqsSender }] = await Promise.all([client(), import('../queue/sqs.ts')]);
      return sqsSender(sqs, environment.queueUrl(queue));
    },
  };
}

/** A cache in DynamoDB, whose client is loaded by the first use. */
function tableCache(table: string, now: () => number): Cache {
  const open = loadedOnce(async () => {
    const [{ DynamoDBClient }, { dynamoCache }] = await Promise.all([
      import('@aws-sdk/client-dynamodb'),
      import('../cache/dynamodb-cache.ts'),
    ]);
    return dynamoCache(new DynamoDBClient({}), table, now);
  });
  return {
    get: async (key) => (await open()).get(key),
    set: async (key, value, ttlSeconds) => (await open()).set(key, value, ttlSeconds),
  };
}

function loadedOnce<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return async () => {
    loaded ??= load();
    return loaded;
  };
}
