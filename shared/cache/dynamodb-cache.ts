import * as z from 'zod';
import type { AwsService } from '../aws/service.ts';
import type { Log } from '../log.ts';
import type { Cache } from './port.ts';

/** A cache that keeps us waiting is worse than none. */
const CALL = { attempts: 1, timeoutMillis: 1000 };
const MILLIS_BETWEEN_WARNINGS = 60_000;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html */
const item = z.object({
  Item: z.object({ value: z.object({ S: z.string() }), until: z.object({ N: z.coerce.number() }) }).optional(),
});

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
  return {
    async get(key) {
      try {
        const { Item: found } = await dynamodb.call(
          'GetItem',
          { TableName: table, Key: { key: { S: key } } },
          item,
          CALL,
        );
        return found !== undefined && found.until.N > now() ? JSON.parse(found.value.S) : undefined;
      } catch (error) {
        warn(error);
        return undefined;
      }
    },
    async set(key, value, ttlSeconds) {
      const until = now() + ttlSeconds * 1000;
      const Item = {
        key: { S: key },
        value: { S: JSON.stringify(value) },
        until: { N: String(until) },
        expires: { N: String(Math.ceil(until / 1000)) },
      };
      try {
        await dynamodb.call('PutItem', { TableName: table, Item }, z.unknown(), CALL);
      } catch (error) {
        warn(error);
      }
    },
  };
}
