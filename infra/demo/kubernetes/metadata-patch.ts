import { isRecord } from './fields.ts';
import type { ApiObject, AppliedFields } from './resources.ts';

/** What a JSON Patch came to, or why it is none that is done here. */
export type PatchResult =
  | { readonly object: ApiObject }
  | { readonly changed: string }
  | { readonly unsupported: string };

const ANNOTATION = /^\/metadata\/annotations\/(?<name>[^/]+)$/;
const MODIFIED = 'the object has been modified; please apply your changes to the latest version and try again';

/**
 * Edits metadata by JSON Patch: who manages which fields, and annotations that go. Nothing else: then it would have to
 * be said who made the change.
 *
 * @see https://datatracker.ietf.org/doc/html/rfc6902
 */
export function patchMetadata(live: ApiObject, operations: unknown): PatchResult {
  if (!Array.isArray(operations)) {
    return { unsupported: 'expected a list of operations' };
  }
  const object = structuredClone(live);
  for (const operation of operations.filter(isRecord)) {
    const { op, path, value } = operation as { op?: string; path?: string; value?: unknown };
    const name = ANNOTATION.exec(path ?? '')
      ?.groups?.['name']?.replaceAll('~1', '/')
      .replaceAll('~0', '~');
    const { annotations } = object.metadata;
    if (op === 'replace' && path === '/metadata/resourceVersion') {
      if (value !== live.metadata.resourceVersion) {
        return { changed: MODIFIED };
      }
    } else if (op === 'replace' && path === '/metadata/managedFields' && Array.isArray(value)) {
      object.metadata.managedFields = value as AppliedFields[];
    } else if (op === 'remove' && name !== undefined && isRecord(annotations) && name in annotations) {
      delete annotations[name];
      if (Object.keys(annotations).length === 0) {
        delete object.metadata['annotations'];
      }
    } else {
      return { unsupported: `${op} of ${path} is not supported by the demo's API` };
    }
  }
  return { object };
}
