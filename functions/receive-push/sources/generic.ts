import { messageOf, SluiceError } from '../../../shared/errors.ts';
import { type ImageReference, parseReference } from '../../../shared/image/reference.ts';
import * as z from '../../../shared/schema.ts';
import { isSigned } from '../authenticate.ts';
import { contentId, readJson, shortText, withoutTag } from '../body.ts';
import type { PushDelivery, PushSource, RawPushDelivery } from './source.ts';

const delivery = z.object({
  image: shortText,
  /** So that a call that is repeated is known to be the same. */
  id: z.optional(shortText.check(z.minLength(1))),
  /** The time of this call; within five minutes of the receipt, so that a call that was seen is not made again. */
  pushedAt: z.optional(shortText),
  actor: z.optional(shortText),
});

/** For CI jobs: `{"image": "host/repository:tag[@digest]"}`, signed by `X-Signature: sha256=<HMAC of the body>`. */
export const generic: PushSource = {
  isAuthentic: ({ headers, body }: RawPushDelivery, secret: string) => isSigned(headers['x-signature'], body, secret),
  read({ body }: RawPushDelivery): PushDelivery {
    const { image, id, pushedAt, actor } = readJson(delivery, body, '{"image": "host/repository:tag"}');
    const { registry, repository, tag, digest } = readImage(image);
    if (tag === undefined) {
      throw withoutTag(image);
    }
    const push = { id: id ?? contentId(body), registry, repository, tag, digest, pushedAt, actor };
    return { pushes: [push], ignored: [], signedAt: pushedAt };
  },
};

function readImage(image: string): ImageReference {
  try {
    return parseReference(image);
  } catch (cause) {
    throw new SluiceError({ code: 'push-malformed', subject: 'push', found: messageOf(cause), cause });
  }
}
