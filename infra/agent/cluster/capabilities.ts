import { SluiceError } from '../../../shared/errors.ts';
import * as z from '../../../shared/schema.ts';
import { inParallel } from '../parallel.ts';
import { type ApiClient, expectOk } from './client.ts';
import { requireReady } from './discovery.ts';

/** What a chart may ask of the cluster: https://helm.sh/docs/chart_template_guide/builtin_objects/ */
export interface Capabilities {
  /** `v1.35.4` */
  readonly kubeVersion: string;
  /** `apps/v1` and `apps/v1/Deployment`, sorted. */
  readonly apiVersions: readonly string[];
}

/** All groups in one reply: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery */
const AGGREGATED = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',');
const AT_ONCE = 8;

const aggregatedSchema = z.object({
  kind: z.literal('APIGroupDiscoveryList'),
  items: z.array(
    z.object({
      metadata: z.object({ name: z._default(z.string(), '') }),
      versions: z.array(
        z.object({
          version: z.string(),
          resources: z.nullish(z.array(z.object({ responseKind: z.nullish(z.object({ kind: z.string() })) }))),
        }),
      ),
    }),
  ),
});
const coreSchema = z.object({ versions: z.array(z.string()) });
const groupsSchema = z.object({
  groups: z.array(z.object({ versions: z.array(z.object({ groupVersion: z.string() })) })),
});
const resourcesSchema = z.object({ resources: z.array(z.object({ name: z.string(), kind: z.string() })) });
const versionSchema = z.object({ gitVersion: z.string().check(z.regex(/^v?\d+\.\d+\.\d+[\w.+-]*$/)) });

/** Asks a cluster for its version and what it serves. @throws SluiceError `cluster-…` where it does not say */
export async function readCapabilities(request: ApiClient, server: string): Promise<Capabilities> {
  const get = async <T>(path: string, schema: z.ZodMiniType<T>, accept?: string): Promise<T> => {
    const subject = `cluster ${server}, ${path}`;
    const parsed = schema.safeParse(
      expectOk(await request({ path, ...(accept !== undefined && { accept }) }), subject),
    );
    if (!parsed.success) {
      throw new SluiceError({ code: 'cluster-refused', subject, found: 'an answer that is not of the Kubernetes API' });
    }
    return parsed.data;
  };
  const kindsOf = async (path: string, apiVersion: string) => {
    const { resources } = await get(path, resourcesSchema);
    // `deployments/status` is a part of a resource.
    const kinds = resources.filter(({ name }) => !name.includes('/')).map(({ kind }) => `${apiVersion}/${kind}`);
    return [apiVersion, ...kinds];
  };
  // A chart leaves out what it is told that there is not, and what was left out is pruned.
  await requireReady(request, server);
  const { gitVersion } = await get('/version', versionSchema);
  const core = await get('/api', z.union([aggregatedSchema, coreSchema]), AGGREGATED);
  const groups = await get('/apis', z.union([aggregatedSchema, groupsSchema]), AGGREGATED);
  const served = [
    'kind' in core
      ? namesOf(core)
      : (await inParallel(core.versions, AT_ONCE, async (one) => kindsOf(`/api/${one}`, one))).flat(),
    'kind' in groups
      ? namesOf(groups)
      : (
          await inParallel(
            groups.groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion)),
            AT_ONCE,
            async (one) => kindsOf(`/apis/${one}`, one),
          )
        ).flat(),
  ];
  return { kubeVersion: gitVersion, apiVersions: [...new Set(served.flat())].toSorted() };
}

function namesOf({ items }: z.output<typeof aggregatedSchema>): readonly string[] {
  return items.flatMap(({ metadata: { name }, versions }) =>
    versions.flatMap(({ version, resources }) => {
      const apiVersion = name === '' ? version : `${name}/${version}`;
      const kinds = (resources ?? []).flatMap(({ responseKind }) => (responseKind ? [responseKind.kind] : []));
      return [apiVersion, ...kinds.map((kind) => `${apiVersion}/${kind}`)];
    }),
  );
}
