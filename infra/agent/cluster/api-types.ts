import type { V1APIResource } from '@kubernetes/client-node/dist/gen/models/V1APIResource.js';
import type { V1ManagedFieldsEntry } from '@kubernetes/client-node/dist/gen/models/V1ManagedFieldsEntry.js';
import type { V1Status } from '@kubernetes/client-node/dist/gen/models/V1Status.js';

/** A type of Kubernetes' client as the API sends it: what that client makes a `Date` is a text there. */
type Sent<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Sent<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Sent<T[Key]> }
      : T;

/** Which fields a manager has: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management */
export type ManagedFields = Sent<Omit<V1ManagedFieldsEntry, 'fieldsV1'>> & {
  readonly fieldsV1?: Readonly<Record<string, unknown>>;
};

/** A refusal in the API's own words: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export type Status = Sent<Omit<V1Status, 'metadata'>> & {
  /** The client calls it `_continue`. */
  readonly metadata?: { readonly continue?: string };
};

/** A resource as the API lists it; the agent's own requests need no more of it. `name` is plural, as in URLs. */
export type ApiResource = Pick<Sent<V1APIResource>, 'name' | 'namespaced'> &
  Partial<Pick<Sent<V1APIResource>, 'verbs'>>;
