import { ecrHost } from '../../../shared/registry/ecr-address.ts';
import * as z from '../../../shared/schema.ts';
import { checkJson, readJson, shortText } from '../body.ts';
import type { PushDelivery, PushSource, RawPushDelivery } from './source.ts';

/**
 * What EventBridge wraps an event in: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
 */
const envelope = z.object({ 'detail-type': shortText, source: shortText });

/** https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html; its own sample's digest is cut short. */
const imageAction = z.object({
  id: shortText.check(z.minLength(1)),
  account: z.string().check(z.regex(/^\d{12}$/, 'expected twelve digits')),
  region: z.string().check(z.regex(/^[a-z0-9-]{1,64}$/, 'expected a region')),
  time: z.optional(shortText),
  detail: z.object({
    'action-type': shortText,
    result: shortText,
    'repository-name': shortText.check(z.minLength(1)),
    'image-tag': z.optional(shortText),
    'image-digest': z.optional(shortText),
  }),
});

/** Amazon ECR. Its events come from EventBridge, and IAM alone proves them: nobody can send one to the front door. */
export const ecr: PushSource = {
  isAuthentic: () => false,
  read: ({ body }: RawPushDelivery) => readEcrEvent(readJson(z.unknown(), body, 'an event of EventBridge')),
};

/**
 * Reads an event of EventBridge.
 *
 * @throws SluiceError `push-malformed`
 */
export function readEcrEvent(event: unknown): PushDelivery {
  const { 'detail-type': type, source } = checkJson(envelope, event, 'an event of EventBridge');
  if (source !== 'aws.ecr' || type !== 'ECR Image Action') {
    return { pushes: [], ignored: [`event ${type} of ${source}`] };
  }
  const { id, account, region, time, detail } = checkJson(imageAction, event, 'an ECR Image Action');
  const { 'action-type': action, result, 'repository-name': repository, 'image-tag': tag } = detail;
  if (action !== 'PUSH' || result !== 'SUCCESS') {
    return { pushes: [], ignored: [`action ${action} with result ${result}`] };
  }
  if (tag === undefined || tag === '') {
    // A part of an index, or an image that is pulled by its digest.
    return { pushes: [], ignored: [`a push to ${repository} without a tag`] };
  }
  const registry = ecrHost({ account, region });
  return {
    pushes: [{ id, registry, repository, tag, digest: detail['image-digest'], pushedAt: time }],
    ignored: [],
  };
}
