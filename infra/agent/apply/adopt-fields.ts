import type { ManagedFields } from '../cluster/api-types.ts';
import { statusOf } from '../cluster/client.ts';
import { type Cluster, FIELD_MANAGER, type LiveObject, type Operation } from '../cluster/cluster.ts';
import { union } from '../inventory/field-set.ts';
import { isOwn, ownFields } from '../inventory/fingerprint.ts';
import type { ObjectId } from '../manifest.ts';

/** Who applied objects before the agent did. What they set and Git does not say goes. */
const PREDECESSORS: readonly RegExp[] = [
  /^kubectl/,
  /^before-first-apply$/,
  /^kustomize-controller$/,
  /^flux/,
  /^helm$/,
  /^helm-controller$/,
  /^argocd-/,
];
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

const ATTEMPTS = 4;

/**
 * Makes the fields ours that those before us left on an object, so that the next apply removes what Git does not say.
 * Server-side apply alone would leave it there for good.
 *
 * @returns whose fields were taken
 */
export async function adoptFields(
  cluster: Cluster,
  id: ObjectId,
  metadata: LiveObject['metadata'],
): Promise<readonly string[]> {
  let current: LiveObject['metadata'] | undefined = metadata;
  for (let attempt = 1; current !== undefined; attempt += 1) {
    const left = predecessorsOf(current, id.apiVersion);
    if (left.length === 0) {
      break;
    }
    try {
      await cluster.edit(id, operations(current, left, id.apiVersion));
      return [...new Set(left.map(({ manager = '' }) => manager))];
    } catch (error) {
      // Its controller was faster: who has which field may be different now.
      if (statusOf(error)?.reason !== 'Conflict' || attempt === ATTEMPTS) {
        throw error;
      }
      current = (await cluster.read(id, { metadataOnly: true }))?.metadata;
    }
  }
  return [];
}

function predecessorsOf({ managedFields = [] }: LiveObject['metadata'], apiVersion: string): readonly ManagedFields[] {
  return managedFields.filter(
    (one) =>
      one.apiVersion === apiVersion &&
      (one.subresource ?? '') === '' &&
      PREDECESSORS.some((pattern) => pattern.test(one.manager ?? '')),
  );
}

function operations(
  metadata: LiveObject['metadata'],
  left: readonly ManagedFields[],
  apiVersion: string,
): readonly Operation[] {
  const { managedFields = [], annotations = {}, resourceVersion } = metadata;
  const own = ownFields(metadata);
  const fieldsV1 = left.reduce((all, one) => union(all, one.fieldsV1 ?? {}), own?.fieldsV1 ?? {});
  const ours = { manager: FIELD_MANAGER, operation: 'Apply', apiVersion, fieldsType: 'FieldsV1', fieldsV1 };
  const others = managedFields.filter((one) => !isOwn(one) && !left.includes(one));
  return [
    {
      op: 'replace',
      path: '/metadata/managedFields',
      value: [...others, { ...ours, time: own?.time ?? left[0]?.time }],
    },
    // Refused where the object changed meanwhile.
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
    ...(LAST_APPLIED in annotations
      ? [{ op: 'remove', path: `/metadata/annotations/${LAST_APPLIED.replace('/', '~1')}` } as const]
      : []),
  ];
}
