import { awsFailure } from '../aws/failure.ts';
import type { AwsService } from '../aws/service.ts';
import type { Log } from '../log.ts';
import * as z from '../schema.ts';
import type { Cache } from './port.ts';

/** A cache that keeps us waiting is worse than none; but a connection may have ended while Lambda froze its process. */
const CALL = { attempts: 2, timeoutMillis: 1000 };
/** So many may write to one key at the same time. */
const UPDATE_ROUNDS = 10;
const MILLIS_BETWEEN_WARNINGS = 60_000;

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html */
const item = z.object({
  Item: z.optional(z.object({ value: z.object({ S: z.string() }), until: z.object({ N: z.coerce.number() }) })),
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
export class DynamoCache implements Cache {
  readonly #dynamodb: AwsService;
  readonly #options: DynamoCacheOptions;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(dynamodb: AwsService, options: DynamoCacheOptions) {
    this.#dynamodb = dynamodb;
    this.#options = options;
  }

  async get(key: string): Promise<unknown> {
    return this.#orWarn(async () => this.#valueIn(await this.#read(key)));
  }

  async set(key: string, value: unknown, ttlSeconds: number): Promise<void> {
    await this.#orWarn(async () => this.#write(key, value, ttlSeconds));
  }

  async update(key: string, change: (value: unknown) => unknown, ttlSeconds: number): Promise<void> {
    await this.#orWarn(async () => this.#update(key, change, ttlSeconds));
  }

  /** Out of reach is as good as empty, but somebody should know. */
  async #orWarn<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const { table, now, log } = this.#options;
      if (now() - this.#warnedAt >= MILLIS_BETWEEN_WARNINGS) {
        this.#warnedAt = now();
        log.warn('cache out of reach', { table, error });
      }
      return undefined;
    }
  }

  async #update(key: string, change: (value: unknown) => unknown, ttlSeconds: number): Promise<void> {
    for (let round = 1; ; round += 1) {
      const found = await this.#read(key);
      try {
        await this.#write(key, change(this.#valueIn(found)), ttlSeconds, asItWas(found));
        return;
      } catch (error) {
        if (round === UPDATE_ROUNDS || awsFailure(error).name !== 'ConditionalCheckFailedException') {
          throw error;
        }
      }
    }
  }

  async #read(key: string): Promise<Found> {
    const input = { TableName: this.#options.table, Key: { key: { S: key } } };
    return (await this.#dynamodb.call('GetItem', input, item, CALL)).Item;
  }

  #valueIn(found: Found): unknown {
    return found !== undefined && found.until.N > this.#options.now() ? JSON.parse(found.value.S) : undefined;
  }

  async #write(key: string, value: unknown, ttlSeconds: number, condition: object = {}): Promise<void> {
    const { table, now } = this.#options;
    const until = now() + ttlSeconds * 1000;
    const Item = {
      key: { S: key },
      value: { S: JSON.stringify(value) },
      until: { N: String(until) },
      expires: { N: String(Math.ceil(until / 1000)) },
    };
    await this.#dynamodb.call('PutItem', { TableName: table, Item, ...condition }, z.unknown(), CALL);
  }
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
