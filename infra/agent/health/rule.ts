import type { LiveObject } from '../cluster/cluster.ts';
import { type Fields, fieldsOf } from './status-fields.ts';

/** How far an object is: done, on its way, or at an end that is no good. */
export type Health =
  | { readonly state: 'healthy' }
  | { readonly state: 'progressing' | 'failed'; readonly reason: string };

/** What a rule looks at. */
export interface Observed {
  readonly spec: Fields;
  readonly status: Fields;
  /** Seconds since the object was created. */
  readonly ageSeconds: number;
}

/** When an object of a kind is healthy. */
export interface HealthRule {
  /** Its controller always says which generation it has seen; until it does, the status says nothing. */
  readonly tellsGeneration?: true;
  of(observed: Observed): Health;
}

/** Rules by `group/Kind`; the core group is empty. */
export type Rules = Readonly<Record<string, HealthRule>>;

export const HEALTHY: Health = { state: 'healthy' };

export function progressing(reason: string): Health {
  return { state: 'progressing', reason };
}

export function failed(reason: string): Health {
  return { state: 'failed', reason };
}

export function observe(object: LiveObject, nowMillis: number): Observed {
  const created = Date.parse(object.metadata.creationTimestamp ?? '');
  return {
    spec: fieldsOf(object['spec']),
    status: fieldsOf(object['status']),
    ageSeconds: Number.isNaN(created) ? 0 : (nowMillis - created) / 1000,
  };
}
