import { describe, expect, onTestFinished, test } from 'vitest';
import { ecrPushClock } from '../../../shared/registry/ecr-push-clock.ts';
import { type AwsAnswer, startAwsService } from '../../fakes/aws-service.ts';

const REGISTRY = { account: '123456789012', region: 'eu-central-1', fips: false };
const DIGEST = `sha256:${'1'.repeat(64)}`;
const VERSION = { tag: '1.0.0', digest: DIGEST };

async function clockThatAnswers(answer: AwsAnswer) {
  const service = await startAwsService(() => answer);
  onTestFinished(() => service.stop());
  return { service, clock: ecrPushClock(REGISTRY, service.account) };
}

/** As the API reference has an image: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html */
const image = (imageDigest: string, imagePushedAt?: number) => ({
  registryId: REGISTRY.account,
  repositoryName: 'team/hello',
  imageDigest,
  imageTags: ['1.0.0'],
  imageSizeInBytes: 1024,
  ...(imagePushedAt === undefined ? {} : { imagePushedAt }),
  imageManifestMediaType: 'application/vnd.oci.image.index.v1+json',
});

test('ECR is asked for the digest in its repository', async () => {
  const { service, clock } = await clockThatAnswers({ imageDetails: [image(DIGEST, 1_795_514_400.25)] });
  expect(await clock.pushedAt('team/hello', VERSION)).toBe(1_795_514_400_250);
  expect(service.calls.map(({ operation, input }) => ({ operation, input }))).toEqual([
    {
      operation: 'AmazonEC2ContainerRegistry_V20150921.DescribeImages',
      input: { registryId: '123456789012', repositoryName: 'team/hello', imageIds: [{ imageDigest: DIGEST }] },
    },
  ]);
});

test.each([
  { what: 'another digest', answer: { imageDetails: [image(`sha256:${'2'.repeat(64)}`, 1_795_514_400)] } },
  { what: 'no time', answer: { imageDetails: [image(DIGEST)] } },
  { what: 'no image', answer: { imageDetails: [] } },
  { what: 'nothing', answer: {} },
])('an answer with $what says no time', async ({ answer }) => {
  const { clock } = await clockThatAnswers(answer);
  expect(await clock.pushedAt('team/hello', VERSION)).toBeUndefined();
});

describe('a refusal', () => {
  test.each([
    {
      why: 'a right that is missing',
      answer: { error: 'AccessDeniedException', message: 'not authorized to perform: ecr:DescribeImages' },
      is: { code: 'registry-unauthorized', retryable: false, next: expect.stringContaining('ecr:DescribeImages') },
    },
    {
      why: 'ECR is away',
      answer: { error: 'InternalServerError', message: 'later' },
      is: { code: 'registry-unavailable', retryable: true },
    },
    {
      why: 'what is no answer of ECR',
      answer: { imageDetails: 'none' },
      is: { code: 'registry-unavailable', retryable: true },
    },
  ])('$why', async ({ answer, is }) => {
    const { clock } = await clockThatAnswers(answer);
    await expect(clock.pushedAt('team/hello', VERSION)).rejects.toMatchObject(is);
  });
});
