import { type Kind, type Manifest, printKind } from '../manifest.ts';
import { type ApiClient, type ApiReply, type ApiRequest, expectOk, refusalOf } from './client.ts';
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
/** A list whose place is lost so often is not to be had. */
const MAX_LOSSES = 10;
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
  request: ApiClient,
  discovery: Pick<Discovery, 'resourceOf'>,
  kind: Kind,
  { labelSelector, fieldSelector, namespace, metadataOnly = false }: Selection,
): AsyncGenerator<readonly Manifest[], void, void> {
  const resource = await discovery.resourceOf(kind);
  if (resource === undefined) {
    return;
  }
  const within = namespace !== undefined && resource.namespaced ? `/namespaces/${namespace}` : '';
  const path = `${groupPath(kind.apiVersion)}${within}/${resource.name}`;
  const pageAt = (next: string | undefined): ApiRequest => {
    const query = new URLSearchParams({ limit: String(PAGE) });
    for (const [name, value] of Object.entries({ labelSelector, fieldSelector, continue: next })) {
      if (value !== undefined) {
        query.set(name, value);
      }
    }
    return { path: `${path}?${query.toString()}`, ...(metadataOnly && { accept: METADATA_LIST }) };
  };
  let next: string | undefined;
  let losses = 0;
  for (;;) {
    const reply = await request(pageAt(next));
    if (reply.status === 410 && next !== undefined && losses < MAX_LOSSES) {
      losses += 1;
      next = laterThan(reply);
      continue;
    }
    const { items, metadata } = expectOk(reply, printKind(kind)) as List;
    // Items of a list do not say what they are.
    yield (items ?? []).map((item) => Object.assign(item, { apiVersion: kind.apiVersion, kind: kind.kind }));
    next = metadata.continue || undefined;
    if (next === undefined) {
      return;
    }
  }
}

/**
 * A list that took too long goes on from where it was, at a later version of the cluster; undefined where it has to
 * start anew.
 */
function laterThan({ body }: ApiReply): string | undefined {
  return refusalOf(body)?.metadata?.continue || undefined;
}
