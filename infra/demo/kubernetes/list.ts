import type { ApiObject, RequestTarget } from './resources.ts';
import { type Answer, failure } from './status.ts';
import type { Store } from './store.ts';

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables tells of `as=`. */
const METADATA_ONLY = /^application\/json;as=PartialObjectMetadata(?:List)?;g=meta\.k8s\.io;v=v1\s*(?:,|$)/;

/** Does a request ask for the metadata of objects and no more? */
export function isMetadataOnly(accept: string | undefined): boolean {
  return METADATA_ONLY.test(accept ?? '');
}

/** An object's metadata as an object of its own kind. */
export function metadataOf({ metadata }: ApiObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

/** Answers a list: by labels, in pages, in the order of the keys. What it cannot do it refuses. */
export function list(store: Store, target: RequestTarget, query: URLSearchParams, metadataOnly: boolean): Answer {
  for (const name of ['fieldSelector', 'watch']) {
    if (query.has(name)) {
      return failure.badRequest(`${name} is not supported by the demo's API`);
    }
  }
  const matches = selectorOf(query.get('labelSelector') ?? '');
  if (matches === undefined) {
    return failure.badRequest(`unable to parse requirement: ${query.get('labelSelector')}`);
  }
  const after = Buffer.from(query.get('continue') ?? '', 'base64url').toString('utf8');
  const found = store
    .list(target)
    .filter(({ metadata }) => matches(labelsOf(metadata)))
    .map((object) => ({ key: `${object.metadata.namespace ?? ''}/${object.metadata.name}`, object }))
    .filter(({ key }) => key > after)
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const limit = Number(query.get('limit') ?? 0) || found.length;
  const page = found.slice(0, limit);
  const last = page.at(-1)?.key ?? '';
  const more = found.length > page.length ? { continue: Buffer.from(last).toString('base64url') } : {};
  const { kind, apiVersion } = target.resource;
  const metadata = { resourceVersion: store.version(), ...more };
  const items = page.map(({ object }) => (metadataOnly ? metadataOf(object) : object));
  const type = metadataOnly
    ? { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' }
    : { kind: `${kind}List`, apiVersion };
  return { status: 200, body: { ...type, metadata, items } };
}

type Labels = Readonly<Record<string, unknown>>;

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors, without sets (`in`, `notin`). */
const REQUIREMENT = /^(?<not>!?)(?<name>[\w./-]+)(?:(?<operator>==|!=|=)(?<value>[\w.-]*))?$/;

/** Undefined where it is none that is understood. */
function selectorOf(text: string): ((labels: Labels) => boolean) | undefined {
  const requirements = text === '' ? [] : text.split(',').map((part) => REQUIREMENT.exec(part.trim())?.groups);
  if (requirements.some((one) => one === undefined || (one['not'] === '!' && one['operator'] !== undefined))) {
    return undefined;
  }
  return (labels) =>
    requirements.every((one) => {
      const { not, name = '', operator, value } = one ?? {};
      if (operator === undefined) {
        return Object.hasOwn(labels, name) === (not === '');
      }
      return (labels[name] === value) === (operator !== '!=');
    });
}

function labelsOf({ labels }: ApiObject['metadata']): Labels {
  return typeof labels === 'object' && labels !== null ? (labels as Labels) : {};
}
