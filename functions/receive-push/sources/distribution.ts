import { isAuthorization } from '../authenticate.ts';
import { readEnvelope } from './envelope.ts';
import type { RawDelivery, Source } from './source.ts';

/** Docker's registry. The header `Authorization` is configured there: the whole secret, or `Bearer` and the secret. */
export const distribution: Source = {
  isAuthentic: ({ headers }: RawDelivery, secret: string) => isAuthorization(headers['authorization'], secret),
  read: ({ body }: RawDelivery) => readEnvelope(body),
};
