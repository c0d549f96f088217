import { isAuthorization } from '../authenticate.ts';
import { readEnvelope } from './envelope.ts';
import type { PushSource, RawPushDelivery } from './source.ts';

/** Docker's registry. The header `Authorization` is configured there: the whole secret, or `Bearer` and the secret. */
export const distribution: PushSource = {
  isAuthentic: ({ headers }: RawPushDelivery, secret: string) => isAuthorization(headers['authorization'], secret),
  read: ({ body }: RawPushDelivery) => readEnvelope(body),
};
