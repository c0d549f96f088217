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
