import * as z from '../../../shared/schema.ts';
import { type ApiClient, type ApiReply, expectOk } from '../cluster/client.ts';

/** Who leads, and since when. */
export interface LeaseRecord {
  /** Empty where it was given back. */
  readonly holder: string;
  readonly durationSeconds: number;
  /** ISO 8601. */
  readonly acquiredAt: string;
  /** ISO 8601. For people: clocks differ, so nothing is decided by it. */
  readonly renewedAt: string;
  readonly transitions: number;
}

/** A Lease as it was read or written last. */
export interface Lease {
  readonly record: LeaseRecord;
  /** What it has besides; the version in it is what a write is compared with. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The Lease that replicas compete for. Every method throws SluiceError `cluster-unreachable` or `cluster-refused`. */
export interface LeaseStore {
  /** Undefined where there is none. */
  read(): Promise<Lease | undefined>;
  /** Undefined where another was quicker. */
  create(record: LeaseRecord): Promise<Lease | undefined>;
  /** Undefined where it is no longer what was read. */
  replace(before: Lease, record: LeaseRecord): Promise<Lease | undefined>;
}

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/ */
const leaseSchema = z.object({
  metadata: z.record(z.string(), z.unknown()),
  spec: z._default(
    z.object({
      holderIdentity: z.nullish(z.string()),
      leaseDurationSeconds: z.nullish(z.number()),
      acquireTime: z.nullish(z.string()),
      renewTime: z.nullish(z.string()),
      leaseTransitions: z.nullish(z.number()),
    }),
    {},
  ),
});

/** A Lease of a namespace. */
export function openLease(request: ApiClient, namespace: string, name: string): LeaseStore {
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  const subject = `lease/${namespace}/${name}`;
  const taken = (reply: ApiReply) => (reply.status === 409 ? undefined : leaseOf(expectOk(reply, subject)));
  const write = { contentType: 'application/json' };
  return {
    async read() {
      const reply = await request({ path: `${collection}/${name}` });
      return reply.status === 404 ? undefined : leaseOf(expectOk(reply, subject));
    },
    async create(record) {
      const body = bodyOf({ name, namespace, labels: { 'app.kubernetes.io/managed-by': 'sluice-agent' } }, record);
      return taken(await request({ ...write, method: 'POST', path: collection, body }));
    },
    async replace({ metadata }, record) {
      const body = bodyOf(metadata, record);
      return taken(await request({ ...write, method: 'PUT', path: `${collection}/${name}`, body }));
    },
  };
}

function leaseOf(body: unknown): Lease {
  const { metadata, spec } = leaseSchema.parse(body);
  return {
    metadata,
    record: {
      holder: spec.holderIdentity ?? '',
      durationSeconds: spec.leaseDurationSeconds ?? 0,
      acquiredAt: spec.acquireTime ?? '',
      renewedAt: spec.renewTime ?? '',
      transitions: spec.leaseTransitions ?? 0,
    },
  };
}

function bodyOf(metadata: Readonly<Record<string, unknown>>, record: LeaseRecord): object {
  const { managedFields: _fields, ...own } = metadata;
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: own,
    spec: {
      holderIdentity: record.holder,
      leaseDurationSeconds: record.durationSeconds,
      acquireTime: microTime(record.acquiredAt),
      renewTime: microTime(record.renewedAt),
      leaseTransitions: record.transitions,
    },
  };
}

/** The API takes these times with six digits of a second and no fewer. */
function microTime(iso: string): string {
  return iso.replace(/\.(\d{3})Z$/, '.$1000Z');
}
