import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { statusOf } from '../../infra/agent/cluster/client.ts';
import { openCluster } from '../../infra/agent/cluster/cluster.ts';
import { clusterAccess } from '../../infra/agent/cluster/kubeconfig.ts';
import { useControlPlane } from './control-plane-stage.ts';
import { until } from './stage.ts';

const NAMESPACES = '/api/v1/namespaces';

const namespace = (name: string, annotations = '') =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name}, annotations: { ${annotations} } }\n`;
const configMap = (name: string, within = 'default') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: ${within} }\ndata: { a: "1" }\n`;
const definition = (group: string) => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.${group} }
spec:
  group: ${group}
  scope: Cluster
  names: { plural: widgets, singular: widget, kind: Widget }
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
`;
const widget = (group: string, name: string) => `apiVersion: ${group}/v1\nkind: Widget\nmetadata: { name: ${name} }\n`;

describe('pruning on a real control plane', { timeout: 120_000 }, () => {
  const on = useControlPlane();
  const create = async (path: string, kind: string, name: string, apiVersion = 'v1') =>
    on.cluster.api.create(path, { apiVersion, kind, metadata: { name } });

  test.each([
    {
      what: 'a namespace with a foreign object in it',
      agent: 'foreign',
      prepare: async () => create(`${NAMESPACES}/foreign/configmaps`, 'ConfigMap', 'theirs'),
      says: /^it left Git, but configmap\/foreign\/theirs in it is not ours\. Allow it with --prune-allow namespaces or the annotation sluice\.dev\/prune: with-contents$/,
    },
    {
      what: 'a namespace with an object of a definition that is not ours',
      agent: 'custom',
      prepare: async () => {
        await on.stage.apply(
          { 'd.yml': definition('custom.example.com').replace('Cluster', 'Namespaced') },
          { agent: 'definer' },
        );
        const path = '/apis/custom.example.com/v1/namespaces/custom/widgets';
        await create(path, 'Widget', 'theirs', 'custom.example.com/v1');
      },
      says: /^it left Git, but widget\/custom\/theirs in it is not ours\./,
    },
  ])('$what stays, and is tried again', async ({ agent, prepare, says }) => {
    const files = { 'a.yml': configMap(`${agent}-a`), 'b.yml': configMap(`${agent}-b`) };
    await on.stage.apply({ ...files, 'n.yml': namespace(agent) }, { agent });
    await prepare();
    for (const commit of ['c2', 'c3']) {
      const { report } = await on.stage.apply(files, { agent, commit });
      expect(report.objects.at(-1)).toEqual({
        object: `namespace/${agent}`,
        action: 'failed',
        reason: expect.stringMatching(says),
      });
      expect(report.healthy).toBe(false);
    }
    const allowed = await on.stage.apply(files, { agent, prune: { allow: new Set(['namespaces']) } });
    expect(allowed.lines.at(-1)).toBe(`namespace/${agent} pruned`);
  });

  test('a namespace goes with what is ours in it, and what every namespace has', async () => {
    const files = { 'a.yml': configMap('own-a'), 'b.yml': configMap('own-b') };
    const all = { ...files, 'n.yml': namespace('own'), 'c.yml': configMap('own-c', 'own') };
    await on.stage.apply(all, { agent: 'own' });
    const { lines } = await on.stage.apply(files, { agent: 'own' });
    expect(lines.slice(2)).toEqual(['configmap/own/own-c pruned', 'namespace/own pruned']);
  });

  test('a namespace of which an object is in Git still stays', async () => {
    const rest = { 'c.yml': configMap('still', 'still') };
    await on.stage.apply({ ...rest, 'n.yml': namespace('still') }, { agent: 'still' });
    const { lines } = await on.stage.apply(rest, { agent: 'still' });
    expect(lines.at(-1)).toMatch(
      /^namespace\/still failed \(it left Git, but configmap\/still\/still in it is in Git still\./,
    );
  });

  test('a namespace of which an object is in Git still stays even where it may take all', async () => {
    const rest = { 'c.yml': configMap('needed', 'needed') };
    await on.stage.apply(
      { ...rest, 'n.yml': namespace('needed', 'sluice.dev/prune: with-contents') },
      { agent: 'needed' },
    );
    const { lines } = await on.stage.apply(rest, { agent: 'needed', prune: { allow: new Set(['namespaces']) } });
    expect(lines.at(-1)).toBe(
      'namespace/needed failed (it left Git, but configmap/needed/needed in it is in Git still. Take that out of Git too, or put namespace/needed back)',
    );
  });

  test.each([
    {
      what: 'ours that Sluice’s annotation keeps',
      agent: 'kept-ours',
      mark: 'sluice.dev/prune: disabled',
      isOurs: true,
    },
    {
      what: 'ours that Helm’s annotation keeps',
      agent: 'kept-helm',
      mark: 'helm.sh/resource-policy: keep',
      isOurs: true,
    },
    {
      what: 'ours that waits for a person',
      agent: 'kept-confirm',
      mark: 'argocd.argoproj.io/sync-options: Prune=confirm',
      isOurs: true,
    },
    {
      what: 'that another made and Flux keeps',
      agent: 'kept-flux',
      mark: 'kustomize.toolkit.fluxcd.io/prune: Disabled',
      isOurs: false,
    },
  ])('a namespace with an object in it $what stays, whatever is allowed', async ({ agent, mark, isOurs }) => {
    const files = { 'a.yml': configMap(`${agent}-a`), 'b.yml': configMap(`${agent}-b`) };
    const kept = configMap('kept', agent).replace('}', `, annotations: { ${mark} } }`);
    const made = { ...files, 'n.yml': namespace(agent, 'sluice.dev/prune: with-contents') };
    await on.stage.apply(isOurs ? { ...made, 'k.yml': kept } : made, { agent });
    if (!isOurs) {
      await on.cluster.api.apply(`${NAMESPACES}/${agent}/configmaps/kept`, parse(kept), 'kustomize-controller');
    }
    const { lines } = await on.stage.apply(files, { agent, prune: { allow: new Set(['namespaces']) } });
    expect(lines.at(-1)).toMatch(
      new RegExp(`^namespace/${agent} failed \\(it left Git, but configmap/${agent}/kept in it is to stay: `),
    );
    expect((await on.cluster.api.request(`${NAMESPACES}/${agent}/configmaps/kept`)).status).toBe(200);
  });

  test.each([
    { what: 'the whole cluster stays', agent: 'owned-outside', isWithin: false },
    { what: 'the namespace goes', agent: 'owned-within', isWithin: true },
  ])('a namespace with an object that another of $what', async ({ agent, isWithin }) => {
    const files = { 'a.yml': configMap(`${agent}-a`), 'b.yml': configMap(`${agent}-b`) };
    const owner = isWithin
      ? { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner' }
      : { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: 'view' };
    await on.stage.apply(
      { ...files, 'n.yml': namespace(agent), ...(isWithin && { 'o.yml': configMap('owner', agent) }) },
      { agent },
    );
    const path = isWithin
      ? `${NAMESPACES}/${agent}/configmaps/owner`
      : '/apis/rbac.authorization.k8s.io/v1/clusterroles/view';
    const { uid } = ((await on.cluster.api.get(path)) as { metadata: { uid: string } }).metadata;
    await on.cluster.api.create(`${NAMESPACES}/${agent}/configmaps`, {
      ...{ apiVersion: 'v1', kind: 'ConfigMap' },
      metadata: { name: 'owned', ownerReferences: [{ ...owner, uid }] },
    });
    const { lines } = await on.stage.apply(files, { agent });
    const said = isWithin ? 'pruned' : `failed (it left Git, but configmap/${agent}/owned in it is not ours.`;
    expect(lines.at(-1)).toContain(`namespace/${agent} ${said}`);
  });

  test('a definition with an instance that asks to be kept stays, whatever is allowed', async () => {
    const files = { 'a.yml': configMap('crd-kept-a'), 'b.yml': configMap('crd-kept-b') };
    const kept = widget('kept.example.com', 'kept').replace('}', ', annotations: { sluice.dev/prune: disabled } }');
    await on.stage.apply({ ...files, 'd.yml': definition('kept.example.com'), 'w.yml': kept }, { agent: 'crd-kept' });
    const { lines } = await on.stage.apply(files, { agent: 'crd-kept', prune: { allow: new Set(['crds']) } });
    expect(lines.slice(2)).toEqual([
      'widget/kept skipped (it left Git, but sluice.dev/prune keeps it)',
      'customresourcedefinition/widgets.kept.example.com failed (it left Git, but widget/kept in it is to stay: sluice.dev/prune keeps it)',
    ]);
  });

  test('a definition whose objects nobody can see stays', async () => {
    const group = 'blind.example.com';
    const files = { 'a.yml': configMap('blind-a'), 'b.yml': configMap('blind-b') };
    const blind = definition(group).replace(
      'versions:',
      'versions:\n    - { name: v2, served: false, storage: false, schema: { openAPIV3Schema: { type: object } } }',
    );
    await on.stage.apply({ ...files, 'd.yml': blind }, { agent: 'blind' });
    await create(`/apis/${group}/v1/widgets`, 'Widget', 'theirs', `${group}/v1`);
    await on.stage.apply(
      { ...files, 'd.yml': blind.replace('v1, served: true', 'v1, served: false') },
      { agent: 'blind' },
    );
    const { lines } = await on.stage.apply(files, { agent: 'blind' });
    expect(lines.at(-1)).toMatch(
      new RegExp(
        `^customresourcedefinition/widgets\\.${group} failed \\(it left Git, but what is in it cannot be seen: it serves no version`,
      ),
    );
  });

  test('twenty objects that are renamed at once stay, however often that is tried', async () => {
    const files = (name: string) =>
      Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`${index}.yml`, configMap(`${name}-${index}`)]));
    await on.stage.apply(files('old'), { agent: 'twenty' });
    for (const commit of ['c2', 'c2', 'c3']) {
      const { report, marks } = await on.stage.apply(files('new'), { agent: 'twenty', commit });
      expect(report.problems).toEqual([
        'prune: expected at most 50% of 20 objects to be deleted by one revision, found that 20 left Git. Nothing was deleted: put them back, or allow it once with --prune-limit',
      ]);
      expect(marks).toEqual([]);
    }
    const { lines } = await on.stage.apply(files('new'), { agent: 'twenty', prune: { limit: { objects: 20 } } });
    expect(lines.filter((line) => line.endsWith(' pruned'))).toHaveLength(20);
  });

  test('what a person marks on the live object is neither applied nor pruned until it is taken off', async () => {
    const path = '/api/v1/namespaces/default/configmaps/held-by-hand';
    const mark = async (value: string | null) => {
      const annotations = { 'kustomize.toolkit.fluxcd.io/reconcile': value };
      const reply = await on.cluster.api.request(`${path}?fieldManager=kubectl-annotate`, {
        method: 'PATCH',
        contentType: 'application/merge-patch+json',
        body: { metadata: { annotations } },
      });
      expect(reply.status).toBe(200);
    };
    const files = { 'b.yml': configMap('held-other') };
    const all = { ...files, 'a.yml': configMap('held-by-hand') };
    const changed = { ...all, 'a.yml': configMap('held-by-hand').replace('"1"', '"2"') };
    await on.stage.apply(all, { agent: 'by-hand' });
    await mark('Disabled');
    expect((await on.stage.apply(changed, { agent: 'by-hand' })).lines).toContain(
      'configmap/default/held-by-hand skipped (kustomize.toolkit.fluxcd.io/reconcile on it in the cluster says that it is to be left alone)',
    );
    await mark(null);
    expect((await on.stage.apply(changed, { agent: 'by-hand' })).lines).toContain(
      'configmap/default/held-by-hand configured',
    );
    await mark('disabled');
    expect((await on.stage.apply(files, { agent: 'by-hand' })).lines.at(-1)).toBe(
      'configmap/default/held-by-hand skipped (it left Git, but kustomize.toolkit.fluxcd.io/reconcile keeps it)',
    );
  });

  test('a namespace that says so goes with all that is in it', async () => {
    const files = { 'a.yml': configMap('gone-a') };
    await on.stage.apply(
      { ...files, 'n.yml': namespace('gone', 'sluice.dev/prune: with-contents') },
      { agent: 'gone' },
    );
    await create(`${NAMESPACES}/gone/configmaps`, 'ConfigMap', 'theirs');
    expect((await on.stage.apply(files, { agent: 'gone' })).lines.at(-1)).toBe('namespace/gone pruned');
  });

  test('a definition with an instance that is not ours stays, and goes when that has gone', async () => {
    const files = { 'a.yml': configMap('crd-a'), 'b.yml': configMap('crd-b') };
    const all = { ...files, 'd.yml': definition('example.com'), 'w.yml': widget('example.com', 'ours') };
    await on.stage.apply(all, { agent: 'crd' });
    await create('/apis/example.com/v1/widgets', 'Widget', 'theirs', 'example.com/v1');
    const { lines } = await on.stage.apply(files, { agent: 'crd' });
    expect(lines.slice(2)).toEqual([
      'widget/ours pruned',
      expect.stringMatching(
        /^customresourcedefinition\/widgets\.example\.com failed \(it left Git, but widget\/theirs in it is not ours\. Allow it with --prune-allow crds/,
      ),
    ]);
    await on.cluster.api.request('/apis/example.com/v1/widgets/theirs', { method: 'DELETE' });
    const later = await on.stage.apply(files, { agent: 'crd', commit: 'c3' });
    expect(later.lines.at(-1)).toBe('customresourcedefinition/widgets.example.com pruned');
  });

  test('an instance goes though its version is served no longer', async () => {
    const schema = { openAPIV3Schema: { type: 'object' } };
    const version = (name: string, served: boolean) => ({ name, served, storage: name === 'v1', schema });
    const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.old.example.com';
    const serveOld = async (served: boolean) => {
      const { spec, ...rest } = parse(definition('old.example.com'));
      const versions = [version('v1beta1', served), version('v1', true)];
      await on.cluster.api.apply(path, { ...rest, spec: { ...spec, versions } }, 'upgrade');
    };
    await serveOld(true);
    const files = { 'a.yml': configMap('old-a') };
    const old = { 'w.yml': widget('old.example.com', 'old').replace('/v1', '/v1beta1') };
    await until('the definition', { lines: () => [] }, async () => {
      const { report } = await on.stage.apply({ ...files, ...old }, { agent: 'old' });
      return report.healthy || undefined;
    });
    await serveOld(false);
    await until('the end of the version', { lines: () => [] }, async () => {
      const { status } = await on.cluster.api.request('/apis/old.example.com/v1beta1/widgets');
      return status === 404 || undefined;
    });
    expect((await on.stage.apply(files, { agent: 'old' })).lines.at(-1)).toBe('widget/old pruned');
    expect((await on.cluster.api.request('/apis/old.example.com/v1/widgets/old')).status).toBe(404);
  });

  test('an object that was changed since it was looked at is not deleted', async () => {
    const live = openCluster(await clusterAccess(on.cluster.kubeconfig, undefined), 20_000);
    await create('/api/v1/namespaces/default/configmaps', 'ConfigMap', 'moved');
    const id = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'moved' };
    const { uid, resourceVersion } = (await live.read(id, { metadataOnly: true }))?.metadata ?? {};
    await live.apply(parse(configMap('moved')));
    const refused = await live.remove(id, { uid, resourceVersion }).catch(statusOf);
    expect(refused).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(await live.read(id)).toBeDefined();
  });

  test('more than half of the inventory is not deleted, unless it is allowed', async () => {
    const all = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [`${name}.yml`, configMap(`half-${name}`)]));
    await on.stage.apply(all, { agent: 'half' });
    const few = { 'a.yml': configMap('half-a'), 'b.yml': configMap('half-b') };
    const { report } = await on.stage.apply(few, { agent: 'half', commit: 'c2' });
    expect(report.problems).toEqual([
      'prune: expected at most 50% of 5 objects to be deleted by one revision, found that 3 left Git. Nothing was deleted: put them back, or allow it once with --prune-limit',
    ]);
    expect(report.objects.filter(({ action }) => action === 'skipped')).toHaveLength(3);
    const again = await on.stage.apply(few, { agent: 'half', commit: 'c3' });
    expect(again.report.problems).toHaveLength(1);
    const allowed = await on.stage.apply(few, { agent: 'half', commit: 'c4', prune: { limit: { percent: 60 } } });
    expect(allowed.lines.filter((line) => line.endsWith(' pruned'))).toHaveLength(3);
  });

  test('the only object of an inventory may be renamed', async () => {
    await on.stage.apply({ 'a.yml': configMap('old-name') }, { agent: 'rename' });
    const { lines } = await on.stage.apply({ 'a.yml': configMap('new-name') }, { agent: 'rename', commit: 'c2' });
    expect(lines).toEqual(['configmap/default/new-name created', 'configmap/default/old-name pruned']);
  });

  test('an inventory of thousands stands in several ConfigMaps, none of which is missing after a kill', async () => {
    const names = Array.from({ length: 1600 }, (_, index) => `${'n'.repeat(240)}-${index}`);
    const files = { 'a.yml': names.map((name) => configMap(name)).join('---\n') };
    await expect(on.stage.apply(files, { agent: 'large', endsAt: 1000 })).rejects.toThrow('killed');
    await on.stage.apply(files, { agent: 'large' });
    const { requests } = await on.stage.apply(files, { agent: 'large' });
    expect(requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
    const kept = (await on.cluster.api.get(
      '/api/v1/namespaces/default/configmaps?labelSelector=sluice.dev/inventory=large',
    )) as { items: { metadata: { name: string }; data: { objects: string } }[] };
    expect(kept.items.map(({ metadata }) => metadata.name)).toEqual([
      'sluice-inventory-large',
      'sluice-inventory.1.large',
    ]);
    expect(kept.items.flatMap(({ data }) => data.objects.split('\n'))).toHaveLength(1600);
    const less = {
      'a.yml': names
        .slice(800)
        .map((name) => configMap(name))
        .join('---\n'),
    };
    const after = await on.stage.apply(less, { agent: 'large', commit: 'c2', prune: { limit: { percent: 100 } } });
    expect(after.report.objects.filter(({ action }) => action === 'pruned')).toHaveLength(800);
    expect((await on.stage.apply(less, { agent: 'large', commit: 'c2' })).report.objects).toHaveLength(800);
  });
});
