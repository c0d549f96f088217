import { isDeepStrictEqual } from 'node:util';
import { fieldsV1Of, leavesOf, pathOf, pathsOf, removeAt, setAt } from './fields.ts';
import type { ApiObject, AppliedFields } from './resources.ts';

/** What the server says, or the URL: no field of an applier, even where its manifest has one. */
const SERVER_METADATA: ReadonlySet<string> = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'managedFields',
]);

export interface ApplyRequest {
  readonly live: ApiObject | undefined;
  readonly applied: ApiObject;
  readonly manager: string;
  readonly force: boolean;
  /** ISO 8601, to the second. */
  readonly time: string;
}

/** A field that another manager has and that would change. */
export interface Conflict {
  readonly manager: string;
  readonly field: string;
}

export type ApplyResult = { readonly object: ApiObject } | { readonly conflicts: readonly Conflict[] };

/**
 * Merges an applied configuration into the live object: sets its fields, removes those that the manager set before
 * and nobody else has, and takes fields over from others only by force.
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function serverSideApply({ live, applied, manager, force, time }: ApplyRequest): ApplyResult {
  const wanted = leavesOf(fieldsOfAppliers(applied));
  const managed = live?.metadata.managedFields ?? [];
  const owned = new Map(
    managed.map((one) => [one, new Set(pathsOf(one.fieldsV1).map((path) => JSON.stringify(path)))]),
  );
  const current = live === undefined ? new Map<string, unknown>() : leavesOf(live);
  const others = managed.filter((one) => one.manager !== manager);
  const conflicts = others.flatMap((other) =>
    [...wanted]
      .filter(([key, value]) => owned.get(other)?.has(key) === true && !isDeepStrictEqual(current.get(key), value))
      .map(([key]) => ({ manager: other.manager, field: printPath(key), key })),
  );
  if (conflicts.length > 0 && !force) {
    return { conflicts };
  }
  const taken = new Set(conflicts.map(({ key }) => key));
  const kept = others
    .map((other) =>
      withPaths(
        other,
        [...(owned.get(other) ?? [])].filter((key) => !taken.has(key)),
      ),
    )
    .filter((other) => Object.keys(other.fieldsV1).length > 0);
  const object: ApiObject = structuredClone(
    live ?? { apiVersion: applied.apiVersion, kind: applied.kind, metadata: identityOf(applied) },
  );
  const mine = managed.find((one) => one.manager === manager);
  for (const key of mine === undefined ? [] : (owned.get(mine) ?? [])) {
    if (
      !wanted.has(key) &&
      !kept.some((other) => pathsOf(other.fieldsV1).some((path) => JSON.stringify(path) === key))
    ) {
      removeAt(object, pathOf(key));
    }
  }
  for (const [key, value] of wanted) {
    setAt(object, pathOf(key), value);
  }
  const fields = fieldsV1Of([...wanted.keys()].map(pathOf));
  const isSame = mine !== undefined && isDeepStrictEqual(mine.fieldsV1, fields);
  const entry: AppliedFields = {
    manager,
    operation: 'Apply',
    apiVersion: applied.apiVersion,
    time: isSame ? mine.time : time,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  };
  object.metadata.managedFields = [...kept, entry];
  return { object };
}

function fieldsOfAppliers({
  apiVersion: _version,
  kind: _kind,
  status: _status,
  metadata,
  ...fields
}: ApiObject): object {
  const own = Object.entries(metadata).filter(([name]) => !SERVER_METADATA.has(name));
  return own.length === 0 ? fields : { ...fields, metadata: Object.fromEntries(own) };
}

function identityOf({ metadata: { name, namespace } }: ApiObject): ApiObject['metadata'] {
  return namespace === undefined ? { name } : { name, namespace };
}

function withPaths(entry: AppliedFields, keys: readonly string[]): AppliedFields {
  return { ...entry, fieldsV1: fieldsV1Of(keys.map(pathOf)) };
}

/** `.spec.template.spec.containers[name="hello"].image`, as the API server says it. */
function printPath(key: string): string {
  return pathOf(key)
    .map((part) => (part.startsWith('f:') ? `.${part.slice(2)}` : printKey(part.slice(2))))
    .join('');
}

function printKey(json: string): string {
  const keys = Object.entries(JSON.parse(json) as Record<string, unknown>);
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
}
