import { tmpdir } from 'node:os';
import { join } from 'node:path';
import middy, { type MiddyfiedHandler } from '@middy/core';
import type { Context } from 'aws-lambda';
import { type AwsAccount, awsAccount } from '../aws/account.ts';
import { DynamoCache } from '../cache/dynamodb-cache.ts';
import { memoryCache } from '../cache/memory-cache.ts';
import { type Environment, readEnvironment } from '../config/environment.ts';
import type { Log } from '../log.ts';
import { answerOperator } from '../operator/answer-operator.ts';
import type { OperationResult } from '../operator/operations.ts';
import { sqsSender } from '../queue/sqs-sender.ts';
import { SecretMemory } from '../secrets/secret-memory.ts';
import type { FunctionBase, OpenFunction } from './function-base.ts';
import { ReloadOnSecretChange } from './reload-on-secret-change.ts';
import { RequestLog } from './request-log.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** What every function on Lambda begins with; it lives as long as the process. */
interface LambdaBase extends FunctionBase {
  readonly secrets: SecretMemory;
}

/** The time of a whole invocation is Lambda's to end; the function's own handler minds it. */
const NO_TIMEOUT = { timeoutEarlyInMillis: 0 };

/**
 * A Lambda entry that opens its ports with the first event and keeps them until a secret changes. A fault in the
 * configuration, or a secret that is missing, fails each invocation with its message, until it is mended; a check is
 * answered with it.
 */
export function lambdaEntry<Event, Result>(
  service: string,
  variables: Variables,
  open: (base: FunctionBase) => Promise<OpenFunction<Event, Result>>,
): MiddyfiedHandler<Event, Result | OperationResult> {
  const requests = new RequestLog(service);
  let base: LambdaBase | undefined;
  const opened = new ReloadOnSecretChange(
    async () => {
      base ??= lambdaBase(variables, requests);
      return open(base);
    },
    () => base?.secrets,
  );
  return middy<Event, Result | OperationResult>(
    async (event: Event, context: Context) => (await opened.get()).handler(event, context),
    NO_TIMEOUT,
  )
    .use(requests)
    .use(opened)
    .use(answerOperator(service, async () => (await opened.get()).operations));
}

function lambdaBase(variables: Variables, requests: RequestLog): LambdaBase {
  const environment = readEnvironment(variables);
  const log = requests.open(environment.logLevel);
  const { config, secretsSeconds: lifetimeSeconds, maxReceives, pushUrl } = environment;
  const now = Date.now;
  const secrets = new SecretMemory(environment.secrets, { lifetimeSeconds, now, log });
  const aws = awsAccount(variables);
  const sqs = aws.service('sqs');
  const sender: FunctionBase['sender'] = (name) => sqsSender(sqs, environment.queueUrl(name));
  const queue: FunctionBase['queue'] = async (name) => {
    const { sqsQueue } = await import('../queue/sqs-queue.ts');
    return sqsQueue(sqs, environment.queueUrl(name));
  };
  return {
    secrets,
    connection: {
      config,
      secrets: secrets.read,
      newSecrets: async () => secrets.refused(),
      aws,
      directory: join(tmpdir(), 'sluice'),
      cache: openCache(environment, aws, log),
      now,
      log,
    },
    pushUrl: () => pushUrl,
    sender,
    queue,
    consuming: (name) => ({
      deadLetters: sender('dead-letters'),
      maxReceives,
      hide: async (receiptHandle, seconds) => (await queue(name)).changeVisibility(receiptHandle, seconds),
      log,
    }),
    deadLetters: (target) => ({
      open: async () => queue('dead-letters'),
      target: target(sender('dead-letters')),
    }),
  };
}

function openCache({ cacheTable: table }: Environment, aws: AwsAccount, log: Log) {
  return table === undefined ? memoryCache() : new DynamoCache(aws.service('dynamodb'), { table, now: Date.now, log });
}
