import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsAccount } from '../../shared/aws/account.ts';
import { DynamoCache } from '../../shared/cache/dynamodb-cache.ts';
import { createLog, silentLog } from '../../shared/log.ts';
import { awsApi } from '../aws/aws-api.ts';
import { type AwsEmulator, startMoto } from '../aws/moto.ts';
import { describeCache } from './cache.ts';

const TABLE = 'sluice-test-cache';

describe('DynamoDB of moto', () => {
  let moto: AwsEmulator;
  beforeAll(async () => {
    moto = await startMoto();
    await awsApi(moto.url).json('DynamoDB_20120810.CreateTable', 'dynamodb', {
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
    });
  });
  afterAll(async () => moto.stop());

  const open = (now: () => number, log = silentLog, table = TABLE) =>
    new DynamoCache(awsAccount(moto.environment).service('dynamodb'), { table, now, log });
  describeCache('in DynamoDB', open);

  test.each([
    { what: 'a table that is not there', table: 'another', error: /^ResourceNotFoundException: / },
    { what: 'a value that DynamoDB does not take', table: TABLE, error: /^ValidationException: .*size/ },
  ])('$what is as good as nothing in it, and is told of once', async ({ table, error }) => {
    const lines: { readonly message: string; readonly error?: unknown }[] = [];
    const log = createLog({}, 'info', { write: (line: string) => void lines.push(JSON.parse(line)) });
    const cache = open(Date.now, log, table);
    await cache.set('large', 'x'.repeat(500_000), 60);
    expect(await cache.get('large')).toBeUndefined();
    await cache.update('large', () => 'x'.repeat(500_000), 60);
    expect(lines.map(({ message }) => message)).toEqual(['cache out of reach']);
    expect(JSON.stringify(lines[0]?.error)).toMatch(new RegExp(error.source.replace('^', '"')));
  });
});
