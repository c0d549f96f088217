import { AwsV4Signer } from 'aws4fetch';
import { assert, asyncProperty, constantFrom, date, option, record, string } from 'fast-check';
import { expect, test } from 'vitest';
import { signedHeaders } from '../../../shared/aws/sign.ts';

const token = string({ unit: constantFrom('a', 'Z', '0', '/', '+', '='), minLength: 1 });

test('signs as another signer does', async () => {
  await assert(
    asyncProperty(
      record({
        host: constantFrom(
          'sqs.eu-central-1.amazonaws.com',
          '127.0.0.1:4566',
          'vpce-1.sqs.us-east-1.vpce.amazonaws.com',
        ),
        target: token,
        body: string({ unit: 'binary' }),
        at: date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true }),
        accessKeyId: token,
        secretAccessKey: token,
        sessionToken: option(token, { nil: undefined }),
      }),
      async ({ host, target, body, at, sessionToken, ...keys }) => {
        const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target };
        const common = { headers, body, service: 'sqs', region: 'eu-central-1' };
        const signer = new AwsV4Signer({
          ...common,
          ...keys,
          ...(sessionToken === undefined ? {} : { sessionToken }),
          method: 'POST',
          url: `https://${host}/`,
          datetime: at.toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
          // By default it leaves out what proxies may change.
          allHeaders: true,
        });
        const ours = signedHeaders({
          ...common,
          url: new URL(`https://${host}/`),
          credentials: { ...keys, sessionToken },
          at: at.getTime(),
        });
        const theirs = Object.fromEntries((await signer.sign()).headers);
        expect({ ...ours, host: undefined }).toEqual({ ...theirs, host: undefined });
      },
    ),
  );
});

/** https://docs.aws.amazon.com/general/latest/gr/signature-v4-test-suite.html */
test.each([
  {
    example: 'post-vanilla',
    headers: {},
    body: '',
    signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  },
  {
    example: 'post-x-www-form-urlencoded',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'Param1=value1',
    signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  },
])("signs AWS's own example $example", ({ headers, body, signature }) => {
  const { authorization } = signedHeaders({
    url: new URL('https://example.amazonaws.com/'),
    headers,
    body,
    service: 'service',
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
    at: Date.UTC(2015, 7, 30, 12, 36, 0),
  });
  expect(authorization.split('Signature=')[1]).toBe(signature);
});
