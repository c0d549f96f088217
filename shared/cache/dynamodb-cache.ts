import * as z from 'zod';
import { awsFailure } from '../aws/failure.ts';
import type { AwsService } from '../aws/service.ts';
import type { Log } from '../log.ts';
import type { Cache } from './port.ts';

/** A cache that keeps us waiting is worse than none; but a connection may have ended while Lambda froze its process. */
const CALL = { attempts: 2, timeoutMillis: 1000 };
/** So many may write to one key at the same time. */
const UPDATE_ROUNDS = 10;
const MILLIS_BETWEEN_WARNINGS = 60_000;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html */
const item = z.object({
  Item: z.object({ value: z.object({ S: z.string() }), until: z.object({ N: z.coerce.number() }) }).optional(),
});

type Found = z.infer<typeof item>['Item'];

export interface DynamoCacheOptions {
  readonly table: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * A cache in a DynamoDB table: `key` (text, the table's key), `value` (JSON), `until` (milliseconds since the epoch),
 * and the same in seconds, rounded up, as `expires`, the table's TTL attribute: DynamoDB deletes what has expired within
 * days.
 * What is larger than DynamoDB takes (400 KB) is not kept.
 */
export function dynamoCache(dynamodb: AwsService, { table, now, log }: DynamoCacheOptions): Cache {
  let warnedAt = Number.NEGATIVE_INFINITY;
  /** Out of reach is as good as empty, but somebody should know. */
  const warn = (error: unknown) => {
    if (now() - warnedAt >= MILLIS_BETWEEN_WARNINGS) {
      warnedAt = now();
      log.warn('cache out of reach', { table, error });
    }
  };
  const read = async (key: string) => {
    const input = { TableName: table, Key: { key: { S: key } } };
    return (await dynamodb.call('GetItem', input, item, CALL)).Item;
  };
  const valueIn = (found: Found) =>
    found !== undefined && found.until.N > now() ? JSON.parse(found.value.S) : undefined;
  const write = async (key: string, value: unknown, ttlSeconds: number, condition: object = {}) => {
    const until = now() + ttlSeconds * 1000;
    const Item = {
      key: { S: key },
      value: { S: JSON.stringify(value) },
      until: { N: String(until) },
      expires: { N: String(Math.ceil(until / 1000)) },
    };
    await dynamodb.call('PutItem', { TableName: table, Item, ...condition }, z.unknown(), CALL);
  };
  const update: Cache['update'] = async (key, change, ttlSeconds) => {
    for (let round = 1; ; round += 1) {
      const found = await read(key);
      try {
        await write(key, change(valueIn(found)), ttlSeconds, asItWas(found));
        return;
      } catch (error) {
        if (round === UPDATE_ROUNDS || awsFailure(error).name !== 'ConditionalCheckFailedException') {
          throw error;
        }
      }
    }
  };
  return {
    get: async (key) => read(key).then(valueIn).catch(warn),
    set: async (key, value, ttlSeconds) => write(key, value, ttlSeconds).catch(warn),
    update: async (key, change, ttlSeconds) => update(key, change, ttlSeconds).catch(warn),
  };
}

/** Written only where nobody has written since: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html */
function asItWas(found: Found): object {
  return found === undefined
    ? { ConditionExpression: 'attribute_not_exists(#key)', ExpressionAttributeNames: { '#key': 'key' } }
    : {
        ConditionExpression: '#value = :value AND #until = :until',
        ExpressionAttributeNames: { '#value': 'value', '#until': 'until' },
        ExpressionAttributeValues: { ':value': found.value, ':until': { N: String(found.until.N) } },
      };
}
