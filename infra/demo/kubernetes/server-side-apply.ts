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
  const owners = (live?.metadata.managedFields ?? []).map(ownerOf);
  const mine = owners.find(({ entry }) => entry.manager === manager);
  const others = owners.filter(({ entry }) => entry.manager !== manager);
  const conflicts = conflictsOf(wanted, live, others);
  if (conflicts.length > 0 && !force) {
    return { conflicts: conflicts.map(({ key, ...one }) => ({ ...one, field: printPath(key) })) };
  }
  const taken = new Set(conflicts.map(({ key }) => key));
  const kept = others.map((other) => without(other, taken)).filter(({ keys }) => keys.size > 0);
  const object: ApiObject = structuredClone(
    live ?? { apiVersion: applied.apiVersion, kind: applied.kind, metadata: identityOf(applied) },
  );
  for (const key of mine?.keys ?? []) {
    if (!wanted.has(key) && !kept.some(({ keys }) => keys.has(key))) {
      removeAt(object, pathOf(key));
    }
  }
  for (const [key, value] of wanted) {
    setAt(object, pathOf(key), value);
  }
  const fieldsV1 = fieldsV1Of([...wanted.keys()].map(pathOf));
  const isSame = mine !== undefined && isDeepStrictEqual(mine.entry.fieldsV1, fieldsV1);
  const entry: AppliedFields = {
    manager,
    operation: 'Apply',
    apiVersion: applied.apiVersion,
    time: isSame ? mine.entry.time : time,
    fieldsType: 'FieldsV1',
    fieldsV1,
  };
  object.metadata.managedFields = [...kept.map((other) => other.entry), entry];
  return { object };
}

/** A manager's entry, and the fields that it has, as keys. */
interface Owner {
  readonly entry: AppliedFields;
  readonly keys: ReadonlySet<string>;
}

function ownerOf(entry: AppliedFields): Owner {
  return { entry, keys: new Set(pathsOf(entry.fieldsV1).map((path) => JSON.stringify(path))) };
}

function without({ entry, keys }: Owner, taken: ReadonlySet<string>): Owner {
  const left = keys.difference(taken);
  return { entry: { ...entry, fieldsV1: fieldsV1Of([...left].map(pathOf)) }, keys: left };
}

/** The fields that others have and that would get another value. */
function conflictsOf(
  wanted: ReadonlyMap<string, unknown>,
  live: ApiObject | undefined,
  others: readonly Owner[],
): readonly { readonly manager: string; readonly key: string }[] {
  const current = live === undefined ? new Map<string, unknown>() : leavesOf(live);
  const changing = [...wanted].filter(([key, value]) => !isDeepStrictEqual(current.get(key), value));
  return others.flatMap(({ entry: { manager }, keys }) =>
    changing.filter(([key]) => keys.has(key)).map(([key]) => ({ manager, key })),
  );
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
