import { type Kind, type Manifest, printKind } from '../manifest.ts';
import { type Ask, accepted, type Reply, type Status } from './api.ts';
import { type Discovery, groupPath } from './discovery.ts';

/** Which objects of a kind, and how much of them. */
export interface Selection {
  /** `sluice.dev/agent=shop` */
  readonly labelSelector?: string;
  /** `type=Warning`: https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/ */
  readonly fieldSelector?: string;
  /** All namespaces where it is left out. */
  readonly namespace?: string;
  /** Neither spec nor status, which makes a list cheap. */
  readonly metadataOnly?: boolean;
}

/** Keeps what is held of a large list small; the API server takes each page from its cache. */
const PAGE = 500;
/** https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources */
export const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
const METADATA_LIST = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

interface List {
  readonly metadata: { readonly continue?: string };
  /** Null for none, at times. */
  readonly items: readonly Manifest[] | null;
}

/**
 * The objects of a kind, page by page; an object may come twice. None where the cluster does not know the kind.
 *
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 */
export async function* listPages(
  ask: Ask,
  { resourceOf }: Pick<Discovery, 'resourceOf'>,
  kind: Kind,
  { labelSelector, fieldSelector, namespace, metadataOnly = false }: Selection,
): AsyncGenerator<readonly Manifest[], void, void> {
  const resource = await resourceOf(kind);
  if (resource === undefined) {
    return;
  }
  const within = namespace !== undefined && resource.namespaced ? `/namespaces/${namespace}` : '';
  const path = `${groupPath(kind.apiVersion)}${within}/${resource.name}`;
  let next: string | undefined;
  do {
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (labelSelector !== undefined) {
      query.set('labelSelector', labelSelector);
    }
    if (fieldSelector !== undefined) {
      query.set('fieldSelector', fieldSelector);
    }
    if (next !== undefined) {
      query.set('continue', next);
    }
    const reply = await ask({ path: `${path}?${query.toString()}`, ...(metadataOnly && { accept: METADATA_LIST }) });
    const later = expiredAt(reply);
    if (later === undefined) {
      const { items, metadata } = accepted(reply, printKind(kind)) as List;
      // Items of a list do not say what they are.
      yield (items ?? []).map((item) => Object.assign(item, { apiVersion: kind.apiVersion, kind: kind.kind }));
      next = metadata.continue;
    } else {
      next = later;
    }
  } while (next !== undefined && next !== '');
}

/** A list that took too long goes on from where it was, at a later version of the cluster. */
function expiredAt({ status, body }: Reply): string | undefined {
  return status === 410 ? (body as Status | undefined)?.metadata?.continue : undefined;
}
