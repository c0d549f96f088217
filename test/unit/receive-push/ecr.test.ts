import { describe, expect, test } from 'vitest';
import type { PushEndpoint } from '../../../functions/receive-push/receive.ts';
import { openFrontDoor, RECEIVED_AT } from './front-door.ts';

const ACCOUNT = '123456789012.dkr.ecr.us-west-2.amazonaws.com';
const CHINA = '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn';
const FIPS = '123456789012.dkr.ecr-fips.us-west-2.amazonaws.com';

function endpoints(...hosts: readonly string[]): readonly PushEndpoint[] {
  return hosts.map((host) => ({ host, source: 'ecr', secret: undefined }));
}

/** The sample of AWS's documentation, word for word; its digest has 60 digits. */
const SAMPLE = {
  version: '0',
  id: '13cde686-328b-6117-af20-0e5566167482',
  'detail-type': 'ECR Image Action',
  source: 'aws.ecr',
  account: '123456789012',
  time: '2019-11-16T01:54:34Z',
  region: 'us-west-2',
  resources: [],
  detail: {
    result: 'SUCCESS',
    'repository-name': 'my-repository-name',
    'image-digest': 'sha256:7f5b2640fe6fb4f46592dfd3410c4a79dac4f89e4782432e0378abcd1234',
    'action-type': 'PUSH',
    'image-tag': 'latest',
  },
};

function sampleWith(detail: Readonly<Record<string, unknown>>, event: Readonly<Record<string, unknown>> = {}) {
  return { ...SAMPLE, ...event, detail: { ...SAMPLE.detail, ...detail } };
}

const PUSH = {
  version: 1,
  id: SAMPLE.id,
  source: 'ecr',
  registry: ACCOUNT,
  repository: 'my-repository-name',
  tag: 'latest',
  pushedAt: '2019-11-16T01:54:34.000Z',
  receivedAt: RECEIVED_AT,
};

const whole = `sha256:${'0'.repeat(64)}`;

describe('a push that is queued:', () => {
  test.each([
    { what: "AWS's sample, without its digest", event: SAMPLE, hosts: [ACCOUNT], pushes: [PUSH] },
    {
      what: 'with a whole digest',
      event: sampleWith({ 'image-digest': whole }),
      hosts: [ACCOUNT],
      pushes: [{ ...PUSH, digest: whole }],
    },
    {
      what: 'to a repository in folders',
      event: sampleWith({ 'repository-name': 'team/shop/web' }),
      hosts: [ACCOUNT],
      pushes: [{ ...PUSH, repository: 'team/shop/web' }],
    },
    {
      what: 'in China',
      event: sampleWith({}, { region: 'cn-north-1' }),
      hosts: [ACCOUNT, CHINA],
      pushes: [{ ...PUSH, registry: CHINA }],
    },
    {
      what: 'to a registry of two names, once under each',
      event: SAMPLE,
      hosts: [ACCOUNT, CHINA, FIPS],
      pushes: [PUSH, { ...PUSH, registry: FIPS }],
    },
    {
      what: 'without a time, at the time of its receipt',
      event: sampleWith({}, { time: undefined }),
      hosts: [ACCOUNT],
      pushes: [{ ...PUSH, pushedAt: RECEIVED_AT }],
    },
  ])('$what', async ({ event, hosts, pushes }) => {
    const door = openFrontDoor(endpoints(...hosts));
    await door.invoke(event);
    expect(await door.queued()).toEqual(pushes);
    expect(door.lines).toHaveLength(pushes.length);
    expect(door.lines[0]).toMatchObject({ level: 'info', message: 'push received', source: 'ecr', push: SAMPLE.id });
  });
});

const image = `${ACCOUNT}/my-repository-name:latest`;
const foreign = 'is of a registry that is not configured with source ecr';

describe('an event of no interest is told of in the log:', () => {
  test.each<{ what: string; event: unknown; reason: string; configured?: readonly PushEndpoint[] }>([
    {
      what: 'deleted',
      event: sampleWith({ 'action-type': 'DELETE' }),
      reason: 'action DELETE with result SUCCESS',
    },
    { what: 'failed', event: sampleWith({ result: 'FAILURE' }), reason: 'action PUSH with result FAILURE' },
    {
      what: 'no tag',
      event: sampleWith({ 'image-tag': undefined }),
      reason: 'a push to my-repository-name without a tag',
    },
    {
      what: 'an empty tag',
      event: sampleWith({ 'image-tag': '' }),
      reason: 'a push to my-repository-name without a tag',
    },
    {
      what: 'a digest for a tag',
      event: sampleWith({ 'image-tag': whole }),
      reason: `${ACCOUNT}/my-repository-name:${whole} is not the name of an image`,
    },
    {
      what: 'a scan',
      event: { ...SAMPLE, 'detail-type': 'ECR Image Scan', detail: { 'scan-status': 'COMPLETE', 'image-tags': [] } },
      reason: 'event ECR Image Scan of aws.ecr',
    },
    {
      what: 'of another service',
      event: { ...SAMPLE, source: 'aws.s3', 'detail-type': 'Object Created' },
      reason: 'event Object Created of aws.s3',
    },
    {
      what: 'of another account',
      event: sampleWith({}, { account: '210987654321' }),
      reason: `210987654321.dkr.ecr.us-west-2.amazonaws.com/my-repository-name:latest ${foreign}`,
    },
    {
      what: 'of another region',
      event: sampleWith({}, { region: 'eu-central-1' }),
      reason: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/my-repository-name:latest ${foreign}`,
    },
    { what: 'where nothing is configured', event: SAMPLE, reason: `${image} ${foreign}`, configured: [] },
    {
      what: 'where its registry is configured with another source',
      event: SAMPLE,
      reason: `${image} ${foreign}`,
      configured: [{ host: ACCOUNT, source: 'generic', secret: 'a secret' }],
    },
  ])('$what', async ({ event, reason, configured = endpoints(ACCOUNT) }) => {
    const door = openFrontDoor(configured);
    const reply = await door.invoke(event);
    expect(JSON.parse(reply.body ?? '')).toEqual({ accepted: 0, ignored: [reason] });
    expect(await door.queued()).toEqual([]);
    expect(door.lines).toEqual([{ level: 'info', message: 'push ignored', source: 'ecr', reason }]);
  });
});

describe('an event that cannot be read fails, so that Lambda keeps it:', () => {
  test.each<{ what: string; event: unknown; says: string }>([
    { what: 'nothing', event: {}, says: 'push: expected an event of EventBridge, found detail-type: Invalid input' },
    { what: 'no repository', event: sampleWith({ 'repository-name': '' }), says: 'found detail.repository-name: Too' },
    {
      what: 'no detail',
      event: { ...SAMPLE, detail: undefined },
      says: 'expected an ECR Image Action, found detail: ',
    },
    {
      what: 'an account that is a host',
      event: sampleWith({}, { account: 'evil.example/x' }),
      says: 'found account: expected twelve digits',
    },
    {
      what: 'a region that is a host',
      event: sampleWith({}, { region: 'us.evil.example' }),
      says: 'found region: expected a region',
    },
  ])('$what', async ({ event, says }) => {
    const door = openFrontDoor(endpoints(ACCOUNT));
    await expect(door.invoke(event)).rejects.toMatchObject({
      code: 'push-malformed',
      message: expect.stringContaining(says),
    });
  });
});

test('where the queue is away the invocation fails, so that Lambda tries again', async () => {
  const door = openFrontDoor(endpoints(ACCOUNT));
  door.closeQueue();
  await expect(door.invoke(SAMPLE)).rejects.toMatchObject({ code: 'queue-unavailable', retryable: true });
});

test.each([
  { headers: {} },
  { headers: { authorization: 'Bearer ' } },
  { headers: { authorization: 'Bearer undefined' } },
  { headers: { 'x-signature': 'sha256=' } },
])('nobody gets through the front door with an event: $headers', async ({ headers }) => {
  const door = openFrontDoor(endpoints(ACCOUNT));
  expect(await door.deliver({ path: '/push/ecr', headers, body: SAMPLE })).toEqual({ statusCode: 401 });
  expect(await door.queued()).toEqual([]);
});

test('a request whose body is an event stays a request', async () => {
  const door = openFrontDoor(endpoints(ACCOUNT));
  const reply = await door.deliver({ path: '/push/ecr', headers: {}, body: { ...SAMPLE, 'detail-type': 'x' } });
  expect(reply.statusCode).toBe(401);
});
