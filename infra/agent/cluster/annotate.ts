import { type ObjectId, printId } from '../manifest.ts';
import { type ApiClient, expectOk } from './client.ts';

/**
 * Sets annotations of a ConfigMap, or removes those that are null, and leaves all else.
 *
 * @returns false where there is no such ConfigMap
 * @throws SluiceError `cluster-unreachable`, `cluster-refused`
 * @see https://datatracker.ietf.org/doc/html/rfc7396
 */
export async function annotateConfigMap(
  request: ApiClient,
  id: ObjectId,
  annotations: Readonly<Record<string, string | null>>,
): Promise<boolean> {
  const reply = await request({
    method: 'PATCH',
    path: `/api/v1/namespaces/${id.namespace}/configmaps/${encodeURIComponent(id.name)}`,
    contentType: 'application/merge-patch+json',
    body: { metadata: { annotations } },
  });
  if (reply.status === 404) {
    return false;
  }
  expectOk(reply, printId(id));
  return true;
}
