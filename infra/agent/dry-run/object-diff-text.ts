import { stringify } from 'yaml';
import type { LiveObject } from '../cluster/cluster.ts';
import type { FieldSet } from '../inventory/field-set.ts';
import { ownFields } from '../inventory/fingerprint.ts';
import { idOf, type ObjectId } from '../manifest.ts';

/** An object before and after, as text; empty where there is none. */
export interface ObjectDiffText {
  readonly before: string;
  readonly after: string;
}

/** Hides what is secret in an object, before and after. */
export type HideSecrets = (parts: Changed, id: ObjectId) => Changed;

/** Parts of an object; undefined where there is none. */
export interface Changed {
  readonly before: unknown;
  readonly after: unknown;
}

/** The parts of an object that are ours before or after, as YAML; what a Secret holds is not shown. */
export function objectDiffText(before: LiveObject | undefined, after: LiveObject, hide: HideSecrets): ObjectDiffText {
  const own = [before, after].map((one) => one && ownFields(one.metadata)?.fieldsV1).filter((set) => set !== undefined);
  // What no server has seen is all ours.
  const sets = own.length === 0 ? [{}] : own;
  const [old, fresh] = [before, after].map((one) => (one === undefined ? undefined : partsOf(one, sets)));
  const isSecret = after.kind === 'Secret';
  const shown = hide(
    {
      before: isSecret ? withoutData(old, fresh, 'before') : old,
      after: isSecret ? withoutData(fresh, old, 'after') : fresh,
    },
    idOf(after),
  );
  return { before: print(shown.before), after: print(shown.after) };
}

type Parts = Readonly<Record<string, unknown>>;

function partsOf({ apiVersion, kind, ...fields }: LiveObject, sets: readonly FieldSet[]): Parts {
  const { name, namespace } = fields.metadata;
  const identity = { apiVersion, kind, metadata: { name, ...(namespace !== undefined && { namespace }) } };
  return sets.reduce<Parts>((parts, set) => merge(parts, project(fields, set)) as Parts, identity);
}

/** What a set of fields says of a value: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
function project(value: unknown, set: FieldSet): unknown {
  const parts = Object.entries(set).filter(([part]) => part !== '.');
  if (parts.length === 0) {
    return value;
  }
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      const found = parts.find(([part]) => isItem(item, part));
      return found === undefined ? [] : [project(item, found[1] as FieldSet)];
    });
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const fields = value as Parts;
  return Object.fromEntries(
    parts.flatMap(([part, below]) => {
      const name = part.slice(2);
      return name in fields ? [[name, project(fields[name], below as FieldSet)]] : [];
    }),
  );
}

function isItem(item: unknown, part: string): boolean {
  const wanted: unknown = JSON.parse(part.slice(2));
  if (!part.startsWith('k:')) {
    return item === wanted;
  }
  const fields = (item ?? {}) as Parts;
  return Object.entries(wanted as Parts).every(([name, value]) => fields[name] === value);
}

/** Both sets at once; of lists the longer, since they are parts of one list. */
function merge(one: unknown, other: unknown): unknown {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length > other.length ? one : other;
  }
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return other ?? one;
  }
  const [left, right] = [one as Parts, other as Parts];
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return Object.fromEntries(names.map((name) => [name, name in right ? merge(left[name], right[name]) : left[name]]));
}

/** Of a Secret each entry says no more than whether it changes. */
function withoutData(parts: Parts | undefined, other: Parts | undefined, when: string): Parts | undefined {
  const fields = SECRET_FIELDS.filter((field) => parts !== undefined && field in parts);
  const hidden = fields.map((field) => [field, hideEntries(parts?.[field], other?.[field], when)] as const);
  return parts && { ...parts, ...Object.fromEntries(hidden) };
}

const SECRET_FIELDS = ['data', 'stringData'];

function hideEntries(entries: unknown, other: unknown, when: string): unknown {
  if (typeof entries !== 'object' || entries === null) {
    return '***';
  }
  const there = (other ?? {}) as Parts;
  const hidden = Object.entries(entries).map(([name, value]) => {
    const isSame = there[name] === value || !(name in there);
    return [name, isSame ? '***' : `*** (${when})`] as const;
  });
  return Object.fromEntries(hidden);
}

function print(parts: unknown): string {
  return parts === undefined ? '' : stringify(parts, { sortMapEntries: true, lineWidth: 0 });
}
