import { isAuthorization, isSharedSecret } from '../authenticate.ts';
import { readJobEnvelope } from './envelope.ts';
import type { PushDelivery, PushSource, RawPushDelivery } from './source.ts';

/**
 * GitLab: the notifications of its container registry, which are those of Docker's, and jobs that tell in the same words. A proxy before Sluice or GitLab's
 * own hooks bring the secret as `X-Gitlab-Token`; the registry is configured with the header `Authorization`.
 *
 * The hooks of projects, groups and the system tell of no image, whatever their body looks like.
 * https://docs.gitlab.com/user/project/integrations/webhooks/#delivery-headers
 */
export const gitlab: PushSource = {
  isAuthentic({ headers }: RawPushDelivery, secret: string): boolean {
    // Both are looked at, so that the time does not tell which of them was close.
    const proofs = [
      isSharedSecret(headers['x-gitlab-token'], secret),
      isAuthorization(headers['authorization'], secret),
    ];
    return proofs.includes(true);
  },
  read({ headers, body }: RawPushDelivery): PushDelivery {
    const hook = headers['x-gitlab-event'];
    if (hook === undefined) {
      return readJobEnvelope(body);
    }
    const id = headers['x-gitlab-event-uuid'];
    return { pushes: [], ignored: [`${hook}${id === undefined ? '' : ` ${id}`}, which tells of no image`] };
  },
};
