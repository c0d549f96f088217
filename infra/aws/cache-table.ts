import type { Resources } from './intrinsics.ts';
import type { StackSettings } from './settings.ts';

/** The cache: paid by request, emptied by age. Its loss costs nothing but time, so there are no backups. */
export function cacheTable({ target, kmsKey }: StackSettings): Resources {
  return {
    CacheTable: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: `${target}-cache`,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
        TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
        // Without this DynamoDB encrypts by a key of its own, free of charge.
        ...(kmsKey === undefined
          ? {}
          : { SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: kmsKey } }),
      },
    },
  };
}
