import { describe, expect, test } from 'vitest';
import { useControlPlane } from './control-plane-stage.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const SERVICES = '/api/v1/namespaces/default/services';

const configMap = (name: string, data: string, annotations = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, annotations: { ${annotations} } }\ndata: { ${data} }\n`;
const deployment = (name: string, app: string, more = '') => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, annotations: { ${more} } }
spec:
  replicas: 1
  selector: { matchLabels: { app: ${app} } }
  template:
    metadata: { labels: { app: ${app} } }
    spec: { containers: [{ name: app, image: "registry.example.com/app:1" }] }
`;
const job = (name: string, annotations: string, image = 'job:1') => `apiVersion: batch/v1
kind: Job
metadata: { name: ${name}, annotations: { ${annotations} } }
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: job, image: "registry.example.com/${image}" }]
`;

interface Live {
  readonly metadata: {
    readonly uid: string;
    readonly annotations?: Record<string, string>;
    readonly creationTimestamp: string;
    readonly managedFields: readonly { readonly manager: string }[];
  };
  readonly data: Record<string, string>;
}

describe('applying to a real control plane', { timeout: 120_000 }, () => {
  const on = useControlPlane();
  const live = async (path: string) => (await on.cluster.api.get(path)) as Live;

  test.each([
    {
      name: 'client-side',
      of: 'kubectl apply',
      make: async (object: { metadata: { name: string } }) => {
        const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
        const body = { ...object, metadata: { ...object.metadata, annotations } };
        const path = `${CONFIG_MAPS}?fieldManager=kubectl-client-side-apply`;
        expect((await on.cluster.api.request(path, { method: 'POST', body })).status).toBe(201);
      },
      manager: 'kubectl-client-side-apply',
    },
    {
      name: 'server-side',
      of: 'Flux',
      make: async (object: { metadata: { name: string } }) => {
        const path = `${CONFIG_MAPS}/${object.metadata.name}`;
        await on.cluster.api.apply(path, { apiVersion: 'v1', kind: 'ConfigMap', ...object }, 'kustomize-controller');
      },
      manager: 'kustomize-controller',
    },
  ])('what $of left is taken over, and what Git does not say goes', async ({ name, make, manager }) => {
    await make({ metadata: { name }, ...{ data: { a: '1', old: 'x' } } });
    const { lines } = await on.stage.apply({ 'c.yml': configMap(name, 'a: "2"') }, { agent: name });
    expect(lines).toEqual([`configmap/default/${name} configured (fields of ${manager} were taken over)`]);
    const { data, metadata } = await live(`${CONFIG_MAPS}/${name}`);
    expect(data).toEqual({ a: '2' });
    expect(metadata.managedFields.map((one) => one.manager)).toEqual(['sluice-agent']);
    expect(metadata.annotations).toBeUndefined();
  });

  test('what another controller set stays beside it', async () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'beside' }, data: { foreign: 'x' } };
    await on.cluster.api.apply(`${CONFIG_MAPS}/beside`, object, 'other-controller');
    await on.stage.apply({ 'c.yml': configMap('beside', 'a: "1"') }, { agent: 'beside' });
    expect((await live(`${CONFIG_MAPS}/beside`)).data).toEqual({ a: '1', foreign: 'x' });
  });

  test('an immutable field fails the object, with its place, and its neighbours are applied', async () => {
    await on.stage.apply({ 'd.yml': deployment('fixed', 'one') }, { agent: 'fixed' });
    const files = { 'd.yml': deployment('fixed', 'two'), 'z.yml': configMap('fixed', 'a: "1"') };
    const { lines } = await on.stage.apply(files, { agent: 'fixed' });
    expect(lines).toEqual([
      'configmap/default/fixed created',
      expect.stringMatching(
        /^deployment\/default\/fixed failed \(.*spec\.selector: .*field is immutable \(d\.yml:1\)\)$/,
      ),
    ]);
  });

  test.each([
    { by: 'sluice.dev/force', annotation: 'sluice.dev/force: enabled' },
    { by: 'Flux’s annotation', annotation: 'kustomize.toolkit.fluxcd.io/force: enabled' },
    { by: 'Argo CD’s option', annotation: 'argocd.argoproj.io/sync-options: "Prune=false,Force=true"' },
  ])('an object that asks for it by $by is made anew', async ({ by, annotation }) => {
    const name = `force-${by.length}`;
    const path = `/apis/apps/v1/namespaces/default/deployments/${name}`;
    await on.stage.apply({ 'd.yml': deployment(name, 'one', annotation) }, { agent: name });
    const before = await live(path);
    const { lines } = await on.stage.apply({ 'd.yml': deployment(name, 'two', annotation) }, { agent: name });
    expect(lines).toEqual([
      `deployment/default/${name} configured (made anew, because spec.selector cannot be changed)`,
    ]);
    expect((await live(path)).metadata.uid).not.toBe(before.metadata.uid);
    const again = await on.stage.apply({ 'd.yml': deployment(name, 'two', annotation) }, { agent: name });
    expect(again.lines).toEqual([`deployment/default/${name} unchanged`]);
  });

  test.each([
    {
      fault: 'invalid',
      change: (text: string) => text.replace('replicas: 1', 'replicas: -1'),
      says: /spec\.replicas: Invalid value: -1/,
    },
    {
      fault: 'invalid and immutable at once',
      change: (text: string) => text.replace('replicas: 1', 'replicas: -1').replaceAll('app: one', 'app: two'),
      says: /spec\.replicas: Invalid value: -1.*field is immutable/,
    },
  ])('an object that asks for it stays where its manifest is $fault', async ({ fault, change, says }) => {
    const name = `stays-${fault.length}`;
    const path = `/apis/apps/v1/namespaces/default/deployments/${name}`;
    const text = deployment(name, 'one', 'sluice.dev/force: enabled');
    await on.stage.apply({ 'd.yml': text }, { agent: name });
    const before = await live(path);
    const { report } = await on.stage.apply({ 'd.yml': change(text) }, { agent: name });
    expect(report.objects).toMatchObject([{ action: 'failed', reason: expect.stringMatching(says) }]);
    expect((await live(path)).metadata.uid).toBe(before.metadata.uid);
  });

  test('a Service whose cluster IP is said anew is made anew', async () => {
    const service = (ip: string) => `apiVersion: v1
kind: Service
metadata: { name: ip, annotations: { sluice.dev/force: enabled } }
spec: { clusterIP: ${ip}, selector: { app: a }, ports: [{ port: 80 }] }
`;
    await on.stage.apply({ 's.yml': service('None') }, { agent: 'ip' });
    const before = await live(`${SERVICES}/ip`);
    const { lines } = await on.stage.apply({ 's.yml': service('""').replace('clusterIP: "", ', '') }, { agent: 'ip' });
    expect(lines[0]).toMatch(/^service\/default\/ip (configured|unchanged)/);
    const allotted = await on.stage.apply({ 's.yml': service('10.0.0.77') }, { agent: 'ip' });
    expect(allotted.lines[0]).toMatch(/made anew, because spec\.clusterIPs\[0\] cannot be changed/);
    expect((await live(`${SERVICES}/ip`)).metadata.uid).not.toBe(before.metadata.uid);
  });

  test('waves wait for one another, and hooks run once for each revision', async () => {
    const files = {
      'a.yml': configMap('wave-late', 'a: "1"', 'argocd.argoproj.io/sync-wave: "2"'),
      'b.yml': job('wave-pre', 'argocd.argoproj.io/hook: PreSync'),
      'c.yml': job('wave-early', 'argocd.argoproj.io/sync-wave: "-1"'),
      'd.yml': job('wave-post', 'argocd.argoproj.io/hook: PostSync'),
    };
    const first = await on.stage.apply(files, { agent: 'waves', healthTimeoutMillis: 30_000 });
    expect(first.lines).toEqual([
      'job/default/wave-pre created',
      'job/default/wave-early created',
      'configmap/default/wave-late created',
      'job/default/wave-post created',
    ]);
    expect(first.report).toMatchObject({ healthy: true });
    const changed = { ...files, 'b.yml': job('wave-pre', 'argocd.argoproj.io/hook: PreSync', 'job:2') };
    const second = await on.stage.apply(changed, { agent: 'waves', healthTimeoutMillis: 30_000 });
    expect(second.lines).toEqual([
      'job/default/wave-pre configured (made anew, because a hook runs once for each revision)',
      'job/default/wave-early unchanged',
      'configmap/default/wave-late unchanged',
      'job/default/wave-post configured (made anew, because a hook runs once for each revision)',
    ]);
  });

  test('a wave that does not get healthy holds the later ones up, and nothing is pruned', async () => {
    const good = { 'a.yml': configMap('held-a', 'a: "1"'), 'b.yml': configMap('held-b', 'a: "1"') };
    await on.stage.apply(good, { agent: 'held' });
    const nowhere = deployment('held-first', 'a', 'argocd.argoproj.io/sync-wave: "-1"').replace(
      'containers:',
      'nodeSelector: { nowhere: "true" }, containers:',
    );
    const { lines, report } = await on.stage.apply(
      { 'a.yml': configMap('held-a', 'a: "2"'), 'd.yml': nowhere },
      { agent: 'held', healthTimeoutMillis: 500 },
    );
    expect(lines).toEqual([
      'deployment/default/held-first created',
      'configmap/default/held-a skipped (it waits for wave -1, which is not healthy)',
    ]);
    expect(report.problems).toEqual([expect.stringMatching(/^deployment\/default\/held-first: /)]);
    expect((await live(`${CONFIG_MAPS}/held-a`)).data).toEqual({ a: '1' });
    expect((await live(`${CONFIG_MAPS}/held-b`)).data).toEqual({ a: '1' });
  });

  test('a wave that is no integer fails its object, with its place', async () => {
    const { lines } = await on.stage.apply(
      { 'a.yml': configMap('no-wave', 'a: "1"', 'argocd.argoproj.io/sync-wave: first') },
      { agent: 'no-wave' },
    );
    expect(lines).toEqual([
      'configmap/no-wave failed (argocd.argoproj.io/sync-wave: expected an integer, found "first" (a.yml:1))',
    ]);
  });

  test('killed at any request and started again it comes to the same state', async () => {
    const before = {
      'a.yml': configMap('kill-a', 'a: "1"'),
      'b.yml': configMap('kill-b', 'a: "1"'),
      'd.yml': deployment('kill-d', 'one', 'sluice.dev/force: enabled'),
    };
    const after = {
      'a.yml': configMap('kill-a', 'a: "2"'),
      'c.yml': configMap('kill-c', 'a: "1"'),
      'd.yml': deployment('kill-d', 'two', 'sluice.dev/force: enabled'),
    };
    let endsAt = 0;
    for (;;) {
      endsAt += 1;
      await on.stage.apply(before, { agent: 'kill', commit: 'before', prune: { limit: { percent: 100 } } });
      const killed = await on.stage
        .apply(after, { agent: 'kill', commit: 'after', endsAt })
        .then(() => false)
        .catch(() => true);
      const { report } = await on.stage.apply(after, { agent: 'kill', commit: 'after' });
      expect(report.objects.filter(({ action }) => action === 'failed')).toEqual([]);
      expect((await live(`${CONFIG_MAPS}/kill-a`)).data).toEqual({ a: '2' });
      expect((await live(`${CONFIG_MAPS}/kill-c`)).data).toEqual({ a: '1' });
      expect((await on.cluster.api.request(`${CONFIG_MAPS}/kill-b`)).status).toBe(404);
      const inventory = await live(`${CONFIG_MAPS}/sluice-inventory-kill`);
      expect(inventory.data['objects']?.split('\n').map((line) => line.split(' ').slice(1, 4).join(' '))).toEqual([
        'Deployment default kill-d',
        'ConfigMap default kill-a',
        'ConfigMap default kill-c',
      ]);
      const again = await on.stage.apply(after, { agent: 'kill', commit: 'after' });
      expect(again.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
      if (!killed) {
        break;
      }
    }
    expect(endsAt).toBeGreaterThan(10);
  });
});
