import { type DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Cache } from './port.ts';

/**
 * A cache in a DynamoDB table: `key` (text, the table's key), `value` (JSON), `expires` (seconds since the epoch, the
 * table's TTL attribute). DynamoDB deletes what has expired within days, so that its end is looked at here as well.
 *
 * @param now milliseconds since the epoch
 */
export function dynamoCache(client: DynamoDBClient, table: string, now: () => number): Cache {
  return {
    async get(key) {
      try {
        const { Item: item } = await client.send(new GetItemCommand({ TableName: table, Key: { key: { S: key } } }));
        const isGood = Number(item?.['expires']?.N ?? 0) * 1000 > now();
        return isGood ? JSON.parse(item?.['value']?.S ?? '') : undefined;
      } catch {
        // Out of reach is as good as empty.
        return undefined;
      }
    },
    async set(key, value, ttlSeconds) {
      const expires = Math.floor(now() / 1000) + ttlSeconds;
      const item = { key: { S: key }, value: { S: JSON.stringify(value) }, expires: { N: String(expires) } };
      try {
        await client.send(new PutItemCommand({ TableName: table, Item: item }));
      } catch {
        // What is out of reach, or larger than DynamoDB takes (400 KB), is not kept.
      }
    },
  };
}
