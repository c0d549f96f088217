import { expect, onTestFinished, test } from 'vitest';
import { ecrCredentials } from '../../../shared/registry/ecr-authentication.ts';
import { type AwsAnswer, startAwsService } from '../../fakes/aws-service.ts';
import { clientOf, imageOf, serving, start } from './scripted-registry.ts';

const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';
const REGISTRY = { account: '123456789012', region: 'eu-central-1', fips: false };
const START = Date.UTC(2026, 10, 24, 10);
const HOUR_SECONDS = 3600;
const { manifest, digest } = imageOf(undefined);
const facts = { tag: '1.0', digest };

function basic(password: string): string {
  return `Basic ${Buffer.from(`AWS:${password}`).toString('base64')}`;
}

/** A service that gives `token-1`, `token-2` and so on, each for twelve hours, and a registry that wants the latest. */
async function stage(answer?: AwsAnswer) {
  const clock = { now: START };
  let given = 0;
  const service = await startAwsService(() => {
    given += 1;
    const authorizationToken = Buffer.from(`AWS:token-${given}`).toString('base64');
    const expiresAt = clock.now / 1000 + 12 * HOUR_SECONDS;
    return answer ?? { authorizationData: [{ authorizationToken, expiresAt, proxyEndpoint: `https://${HOST}` }] };
  });
  onTestFinished(() => service.stop());
  const serve = serving({ '1.0': manifest });
  const accepts = { token: () => `token-${given}` };
  const registry = await start((asked) =>
    asked.authorization === basic(accepts.token())
      ? serve(asked)
      : { status: 401, headers: { 'www-authenticate': `Basic realm="https://${HOST}/",service="ecr.amazonaws.com"` } },
  );
  const now = () => clock.now;
  const credentials = ecrCredentials(REGISTRY, service.account, now);
  const client = clientOf(registry, { credentials, now });
  return {
    clock,
    service,
    registry,
    credentials,
    accepts,
    look: async () => client.image('hello', '1.0', { created: false }),
  };
}

test('a token opens a registry that wants a password', async () => {
  const { service, registry, look } = await stage();
  expect(await look()).toEqual(facts);
  expect(await look()).toEqual(facts);
  expect(registry.asked.map(({ authorization }) => authorization)).toEqual([
    undefined,
    basic('token-1'),
    basic('token-1'),
  ]);
  expect(service.calls.map(({ operation, input }) => ({ operation, input }))).toEqual([
    {
      operation: 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
      input: { registryIds: ['123456789012'] },
    },
  ]);
  expect(service.calls[0]?.headers.authorization).toContain('/eu-central-1/ecr/aws4_request');
});

test('calls at the same time share one', async () => {
  const { service, look } = await stage();
  expect(await Promise.all([look(), look(), look()])).toEqual([facts, facts, facts]);
  expect(service.calls).toHaveLength(1);
});

test.each([
  { what: 'a minute and a second before its end', hours: 12, seconds: -61, asks: 1 },
  { what: 'a minute before its end', hours: 12, seconds: -60, asks: 2 },
  { what: 'after its end', hours: 13, seconds: 0, asks: 2 },
])('$what: $asks asked for', async ({ hours, seconds, asks }) => {
  const { clock, service, look } = await stage();
  await look();
  clock.now += (hours * HOUR_SECONDS + seconds) * 1000;
  expect(await look()).toEqual(facts);
  expect(service.calls).toHaveLength(asks);
});

test('one that the registry refuses before its time is asked for anew, once', async () => {
  const { service, accepts, look } = await stage();
  await look();
  accepts.token = () => 'token-2';
  expect(await look()).toEqual(facts);
  expect(service.calls).toHaveLength(2);
  accepts.token = () => 'another';
  await expect(look()).rejects.toMatchObject({ code: 'registry-unauthorized', found: 'status 401' });
  expect(service.calls).toHaveLength(3);
});

const SUBJECT = `registry ${HOST}: expected a token of ECR, found`;
test.each<{ what: string; answer: AwsAnswer; code: string; retryable: boolean; message: string }>([
  {
    what: 'not allowed',
    answer: { error: 'AccessDeniedException', message: 'no.' },
    code: 'registry-unauthorized',
    retryable: false,
    message: `${SUBJECT} AccessDeniedException: no. Allow ecr:GetAuthorizationToken to the role of this function.`,
  },
  {
    what: 'not known',
    answer: { error: 'UnrecognizedClientException', message: 'who?' },
    code: 'registry-unauthorized',
    retryable: false,
    message: `${SUBJECT} UnrecognizedClientException: who?. Set AWS credentials for this process, or the credentials of this registry in sluice.yml.`,
  },
  {
    what: 'a fault of the service',
    answer: { error: 'InternalServerError', message: 'oops' },
    code: 'registry-unavailable',
    retryable: true,
    message: `${SUBJECT} InternalServerError: oops`,
  },
  {
    what: 'no token',
    answer: { authorizationData: [] },
    code: 'registry-reply-invalid',
    retryable: false,
    message: `${SUBJECT} something else`,
  },
  {
    what: 'a token without a password',
    answer: { authorizationData: [{ authorizationToken: Buffer.from('AWS').toString('base64'), expiresAt: 1 }] },
    code: 'registry-reply-invalid',
    retryable: false,
    message: `${SUBJECT} something else`,
  },
])('$what: $code', async ({ answer, code, retryable, message }) => {
  const { look } = await stage(answer);
  await expect(look()).rejects.toMatchObject({ code, retryable, message });
});

test('after a failure it is asked for again', async () => {
  const { service, credentials } = await stage();
  service.stop();
  await expect(credentials(undefined)).rejects.toMatchObject({ code: 'registry-unavailable', retryable: true });
  await expect(credentials(undefined)).rejects.toMatchObject({ code: 'registry-unavailable' });
});
