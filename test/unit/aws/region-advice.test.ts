import { describe, expect, test } from 'vitest';
import { awsAccount } from '../../../shared/aws/account.ts';
import { regionAdvice } from '../../../shared/aws/region-advice.ts';
import { parameterStore } from '../../../shared/secrets/parameter-store.ts';

const KEYS = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };
const NAME_IT = 'Name the region of AWS: set AWS_REGION, or give --region where there is one.';

describe('a region that is at fault is named', () => {
  const notFound = (hostname: string) =>
    Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND', hostname });
  test.each([
    { what: 'none, by the SDK', error: new Error('Region is missing'), next: NAME_IT },
    {
      what: 'no name of one, by the SDK',
      error: new Error('Region not accepted: region="a b" is not a valid hostname component.'),
      next: NAME_IT,
    },
    {
      what: 'one that has no hosts',
      error: notFound('lambda.eu-centrall-1.amazonaws.com'),
      next: 'Is eu-centrall-1 a region of AWS? If it is, this network does not know its hosts.',
    },
    {
      what: 'one of ECR, behind another error',
      error: new Error('NoAnswer', { cause: notFound('api.ecr.cn-norht-1.amazonaws.com.cn') }),
      next: 'Is cn-norht-1 a region of AWS? If it is, this network does not know its hosts.',
    },
    { what: 'another host', error: notFound('registry.example.com'), next: undefined },
    { what: 'another fault', error: new Error('nothing'), next: undefined },
  ])('$what', ({ error, next }) => {
    expect(regionAdvice(error)).toBe(next);
  });

  test('by a store of secrets, which said that credentials lack', async () => {
    const read = parameterStore(awsAccount(KEYS).service('ssm'));
    await expect(
      read({ store: 'ssm', name: '/sluice/token', field: undefined }, 'ssm:/sluice/token'),
    ).rejects.toMatchObject({
      code: 'secret-unavailable',
      retryable: false,
      message: `secret ssm:/sluice/token: expected its text, found RegionMissing: AWS_REGION is not set. ${NAME_IT}`,
    });
  });
});
