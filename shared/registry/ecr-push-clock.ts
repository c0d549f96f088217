import type { AwsAccount } from '../aws/account.ts';
import { awsFailure } from '../aws/failure.ts';
import { SluiceError } from '../errors.ts';
import * as z from '../schema.ts';
import { type EcrRegistry, ecrHost } from './ecr-address.ts';
import type { PushClock } from './push-clock.ts';

/** A time is in seconds since the epoch: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html */
const images = z.object({
  imageDetails: z._default(z.array(z.partial(z.object({ imageDigest: z.string(), imagePushedAt: z.number() }))), []),
});
/** Without an answer an image waits; a decision about others must not. */
const CALL = { attempts: 2, timeoutMillis: 2000 };

/**
 * When ECR says that an image, or an index, was pushed: by its own time, and one call.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
 * @returns a clock that throws SluiceError `registry-…`
 */
export function ecrPushClock(registry: EcrRegistry, aws: AwsAccount): PushClock {
  const { account: registryId, region, fips } = registry;
  return {
    async pushedAt(repositoryName, { digest }) {
      const input = { registryId, repositoryName, imageIds: [{ imageDigest: digest }] };
      const { imageDetails } = await aws
        .service('ecr', { region, fips })
        .call('DescribeImages', input, images, CALL)
        .catch((cause: unknown) => {
          throw refused(registry, repositoryName, cause);
        });
      const found = imageDetails.find(({ imageDigest }) => imageDigest === digest)?.imagePushedAt;
      return found === undefined ? undefined : Math.floor(found * 1000);
    },
  };
}

function refused(registry: EcrRegistry, repository: string, cause: unknown): SluiceError {
  const { kind, found } = awsFailure(cause);
  return new SluiceError({
    code: kind === 'away' ? 'registry-unavailable' : 'registry-unauthorized',
    subject: `registry ${ecrHost(registry)} repository ${repository}`,
    expected: 'when an image was pushed',
    found,
    ...(kind === 'denied' && { next: 'Allow ecr:DescribeImages to the role of this function.' }),
    retryable: kind === 'away',
    cause,
  });
}
