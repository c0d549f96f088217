import { z } from 'zod';
import { isSharedSecret } from '../authenticate.ts';
import { readJson } from '../body.ts';
import type { Delivery, PushedTag, RawDelivery, Source } from './source.ts';

/** https://distribution.github.io/distribution/about/notifications/#events; each event is read by itself. */
const envelope = z.object({ events: z.array(z.unknown()) });
const event = z.object({
  id: z.string().min(1),
  timestamp: z.string().optional(),
  action: z.string(),
  target: z.object({ repository: z.string().optional(), tag: z.string().optional(), digest: z.string().optional() }),
  request: z.object({ host: z.string().optional() }).optional(),
  actor: z.object({ name: z.string().optional() }).optional(),
});

/**
 * Docker's registry and GitLab's container registry. The header `Authorization` is configured at the registry, and is
 * the whole secret or `Bearer` and the secret.
 *
 * One event that cannot be read is passed over with a reason: the registry sends an envelope again and again until it
 * is taken, and sends nothing else meanwhile.
 */
export const distribution: Source = {
  isAuthentic: ({ headers }: RawDelivery, secret: string) =>
    isSharedSecret(headers['authorization']?.replace(/^Bearer /, ''), secret),
  read({ body }: RawDelivery): Delivery {
    const { events } = readJson(envelope, body, 'an envelope of events');
    const read = events.map(readEvent);
    return {
      pushes: read.flatMap((one) => (typeof one === 'string' ? [] : [one])),
      ignored: read.flatMap((one) => (typeof one === 'string' ? [one] : [])),
    };
  },
};

function readEvent(json: unknown): PushedTag | string {
  const parsed = event.safeParse(json);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
    return `an event that cannot be read (${fields || 'not an object'})`;
  }
  const { id, action, target, request, actor, timestamp } = parsed.data;
  const { repository, tag, digest } = target;
  if (action !== 'push') {
    return `action ${action}`;
  }
  if (repository === undefined || repository === '') {
    return 'a push without a repository';
  }
  if (tag === undefined || tag === '') {
    return `a push to ${repository} without a tag`;
  }
  return { id, registry: request?.host, repository, tag, digest, pushedAt: timestamp, actor: actor?.name };
}
