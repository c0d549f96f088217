import { isSluiceError, SluiceError } from '../../../shared/errors.ts';
import { statusOf } from '../cluster/client.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { idOf, type ObjectId } from '../manifest.ts';
import type { Rendered } from '../render/rendered-object.ts';
import { secretObjects } from './secret-objects.ts';

/** How many fields of a refusal are named. */
const NAMED = 5;

/**
 * The same cluster, whose refusals of secret objects name fields and codes alone: the API server, and webhooks, quote
 * the values that they refuse. The server's own words stay in the error's cause, for code to branch on.
 */
export function withholdRefusals(cluster: Cluster, rendered: Pick<Rendered, 'objects' | 'skipped'>): Cluster {
  const isSecret = secretObjects(rendered);
  const withhold = async <T>(id: ObjectId, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw isSecret(id) ? withoutValues(error) : error;
    }
  };
  return {
    ...cluster,
    read: async (id, how) => withhold(id, async () => cluster.read(id, how)),
    apply: async (manifest, write) => withhold(idOf(manifest), async () => cluster.apply(manifest, write)),
    edit: async (id, operations, write) => withhold(id, async () => cluster.edit(id, operations, write)),
    remove: async (id, write) => withhold(id, async () => cluster.remove(id, write)),
  };
}

function withoutValues(error: unknown): unknown {
  if (!isSluiceError(error, 'cluster-refused')) {
    return error;
  }
  const { subject, expected, found, next, retryable, retryAfterSeconds, cause } = error;
  return new SluiceError({
    code: 'cluster-refused',
    subject,
    found: VALUELESS.some((pattern) => pattern.test(found)) ? found : fixedReason(error),
    retryable,
    cause,
    ...(expected !== undefined && { expected }),
    ...(next !== undefined && { next }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
}

/** Refusals that name objects and rights, and hold no value; whole, so that nothing can be added to them. */
const VALUELESS: readonly RegExp[] = [
  /^[a-z0-9.-]+ "[^"\s]*" is forbidden: User "[^"\s]*" cannot [a-z]+ resource "[^"\s]*" in API group "[^"\s]*"( in the namespace "[^"\s]*"| at the cluster scope)?$/,
  /^namespaces "[^"\s]*" not found$/,
];

function fixedReason(error: SluiceError): string {
  const { code, reason, details: { causes = [] } = {} } = statusOf(error) ?? {};
  const reasons = new Set(causes.flatMap((cause) => cause.reason ?? []));
  const [only = reason] = reasons.size === 1 ? reasons : [];
  const codes = [code, only].filter((one) => one !== undefined).join(' ');
  const refused = `refused by the API server${codes === '' ? '' : ` (${codes})`}`;
  const fields = new Set([...causes.flatMap(({ field }) => field ?? []), ...fieldsIn(error.found)]);
  if (fields.size === 0) {
    return `${refused}; what it said is not shown, because the object is secret`;
  }
  const more = fields.size > NAMED ? ' and more' : '';
  return `${[...fields].slice(0, NAMED).join(', ')}${more}: ${refused}; its value is not shown, because the object is secret`;
}

/**
 * What the API server says of fields where its status does not list them: of values of a wrong type, of fields that it
 * does not know, of JSON that does not fit.
 *
 * @see https://github.com/kubernetes-sigs/structured-merge-diff/blob/master/typed/helpers.go
 */
const FIELDS: readonly RegExp[] = [
  /(?:\): |\n\s*)(\.[\w.[\]"=/-]+): /g,
  /(?:unknown|duplicate) field "([\w.[\]/-]+)"/g,
  /Go struct field ([\w.]+) of type/g,
];

function fieldsIn(message: string): readonly string[] {
  return FIELDS.flatMap((pattern) => [...message.matchAll(pattern)].map(([, field = '']) => field));
}
