import { createServer, type RequestListener } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openApiClient } from '../../../../infra/agent/cluster/client.ts';
import { openCluster } from '../../../../infra/agent/cluster/cluster.ts';
import { printKind } from '../../../../infra/agent/manifest.ts';
import { listenOnLoopback } from '../../../../infra/local/loopback.ts';
import { HttpClient } from '../../../../shared/http/client.ts';

const ID = { apiVersion: 'v1', kind: 'ConfigMap', namespace: '', name: 'a' };
const MANIFEST = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };

/** A cluster whose API answers so; the default namespace is `shop`. */
async function clusterOf(answer: RequestListener, timeoutMillis = 2000) {
  const server = createServer(answer);
  const { host, close } = await listenOnLoopback(server, 0);
  onTestFinished(async () => {
    server.closeAllConnections();
    await close();
  });
  const access = {
    server: `http://${host}`,
    defaultNamespace: 'shop',
    client: new HttpClient(),
    tls: {},
    headers: async () => ({ authorization: 'Bearer t' }),
  };
  return openCluster(access, timeoutMillis, openApiClient(access, timeoutMillis));
}

/** Discovery works, and everything else is answered so. */
const afterDiscovery =
  (status: number, body: string): RequestListener =>
  (request, response) => {
    const resources = [
      { name: 'configmaps', kind: 'ConfigMap', namespaced: true },
      { name: 'namespaces', kind: 'Namespace', namespaced: false },
    ];
    const isDiscovery = request.url === '/api/v1';
    response.writeHead(isDiscovery ? 200 : status).end(isDiscovery ? JSON.stringify({ resources }) : body);
  };

test.each([
  {
    what: 'an API that does not answer in time',
    answer: () => {},
    timeoutMillis: 100,
    is: { code: 'cluster-unreachable', retryable: true, found: 'none within 0.1 s' },
  },
  {
    what: 'an answer that does not end in time',
    answer: (_request, response) => response.write('{'),
    timeoutMillis: 100,
    is: { code: 'cluster-unreachable', retryable: true, found: 'none within 0.1 s' },
  },
  {
    what: 'a connection that breaks off',
    answer: (_request, response) => response.destroy(),
    is: { code: 'cluster-unreachable', retryable: true },
  },
  {
    what: 'a token that is refused',
    answer: (_request, response) => response.writeHead(401).end('{"kind":"Status","message":"Unauthorized"}'),
    is: {
      code: 'cluster-refused',
      retryable: false,
      message: expect.stringMatching(
        /^cluster http:\S+, v1: Unauthorized\. Check the credentials that the kubeconfig names\.$/,
      ),
    },
  },
  {
    what: 'a webhook that says no, in its words',
    answer: afterDiscovery(403, '{"kind":"Status","message":"admission webhook \\"w\\" denied the request"}'),
    is: {
      code: 'cluster-refused',
      retryable: false,
      message: expect.stringMatching(/^configmap\/a: .*admission webhook "w" denied the request/),
    },
  },
  {
    what: 'a proxy that answers without the API',
    answer: afterDiscovery(502, '<html>Bad Gateway</html>'),
    is: { code: 'cluster-refused', retryable: true, found: 'status 502' },
  },
  {
    what: 'an API that asks for patience',
    answer: afterDiscovery(429, '{"kind":"Status","message":"too many requests"}'),
    is: { code: 'cluster-refused', retryable: true, found: 'too many requests' },
  },
] satisfies readonly { what: string; answer: RequestListener; timeoutMillis?: number; is: object }[])(
  '$what',
  async ({ answer, timeoutMillis, is }) => {
    const cluster = await clusterOf(answer, timeoutMillis);
    await expect(cluster.apply(MANIFEST)).rejects.toMatchObject(is);
  },
);

test('namespaces are filled in where a kind has them, and left out where it has none', async () => {
  const cluster = await clusterOf(afterDiscovery(404, '{}'));
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'a', namespace: 'stray' } };
  expect(await cluster.complete(MANIFEST)).toMatchObject({ metadata: { name: 'a', namespace: 'shop' } });
  const blank = { ...MANIFEST, metadata: { name: 'a', namespace: '' } };
  expect(await cluster.complete(blank)).toMatchObject({ metadata: { name: 'a', namespace: 'shop' } });
  expect((await cluster.complete(namespace))?.metadata).toEqual({ name: 'a' });
  expect(await cluster.complete({ ...MANIFEST, kind: 'Widget' })).toBeUndefined();
});

test('a refusal that quotes megabytes is told by its beginning, and kept whole for code to look at', async () => {
  const message = `ConfigMap "a" is invalid: metadata.labels: Invalid value: "${'y'.repeat(3_000_000)}": too long`;
  const cluster = await clusterOf(afterDiscovery(422, JSON.stringify({ message })));
  await expect(cluster.apply(MANIFEST)).rejects.toMatchObject({
    found: `${message.slice(0, 2048)}…`,
    cause: { message },
  });
});

test('what is not there is read as nothing, and its removal is no fault', async () => {
  const cluster = await clusterOf(afterDiscovery(404, '{"kind":"Status"}'));
  expect(await cluster.read(ID)).toBeUndefined();
  await expect(cluster.remove(ID)).resolves.toBeUndefined();
});

test('a kind that was not known is looked up again, and one that is known is not', async () => {
  const asked: (string | undefined)[] = [];
  const known = [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }];
  const cluster = await clusterOf((request, response) => {
    asked.push(request.url);
    response.end(JSON.stringify({ resources: asked.length === 1 ? [] : known }));
  });
  expect(await cluster.complete(MANIFEST)).toBeUndefined();
  expect(await cluster.complete(MANIFEST)).toBeDefined();
  expect(await cluster.complete(MANIFEST)).toBeDefined();
  expect(asked).toEqual(['/api/v1', '/api/v1']);
});

test('a version that is served no longer is noticed, though it was once known', async () => {
  let version = 'v1beta1';
  const cluster = await clusterOf((request, response) => {
    const groupVersion = `example.com/${version}`;
    const groups = [{ preferredVersion: { groupVersion }, versions: [{ groupVersion }] }];
    const resources = [{ name: 'widgets', kind: 'Widget', namespaced: true }];
    const isServed = !request.url?.includes('example.com') || request.url === `/apis/${groupVersion}`;
    response.writeHead(isServed ? 200 : 404).end(JSON.stringify({ groups, resources }));
  });
  const widget = { apiVersion: 'example.com/v1beta1', kind: 'Widget' };
  expect(await cluster.servedAs(widget)).toEqual(widget);
  version = 'v1';
  expect(await cluster.servedAs(widget)).toEqual({ apiVersion: 'example.com/v1', kind: 'Widget' });
});

describe('all kinds in namespaces', () => {
  const clusterWith = async (readiness: number) => {
    const resources = [
      { name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: ['list', 'delete'] },
      { name: 'bindings', kind: 'Binding', namespaced: true, verbs: ['create'] },
      { name: 'namespaces', kind: 'Namespace', namespaced: false, verbs: ['list', 'delete'] },
    ];
    return clusterOf((request, response) => {
      const isReadiness = request.url === '/readyz';
      response.writeHead(isReadiness ? readiness : 200).end(JSON.stringify({ groups: [], resources }));
    });
  };

  test('are told by an API server that is ready', async () => {
    const cluster = await clusterWith(200);
    expect(await cluster.namespacedKinds()).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap' }]);
  });

  test('are told of each version of a group, and once each', async () => {
    const verbs = ['list', 'delete'];
    const kinds: Readonly<Record<string, readonly string[]>> = {
      '/api/v1': ['ConfigMap'],
      '/apis/monitoring.coreos.com/v1': ['PodMonitor'],
      '/apis/monitoring.coreos.com/v1beta1': ['PodMonitor', 'AlertmanagerConfig'],
      '/apis/monitoring.coreos.com/v1alpha1': ['AlertmanagerConfig', 'ScrapeConfig'],
    };
    const [preferredVersion, ...others] = ['v1', 'v1beta1', 'v1alpha1'].map((version) => ({
      groupVersion: `monitoring.coreos.com/${version}`,
    }));
    const groups = [{ preferredVersion, versions: [...others, preferredVersion] }];
    const cluster = await clusterOf((request, response) => {
      const resources = kinds[request.url ?? '']?.map((kind) => ({ name: kind, kind, namespaced: true, verbs }));
      response.end(JSON.stringify({ groups, resources }));
    });
    expect((await cluster.namespacedKinds()).map(printKind)).toEqual([
      'v1 ConfigMap',
      'monitoring.coreos.com/v1 PodMonitor',
      'monitoring.coreos.com/v1beta1 AlertmanagerConfig',
      'monitoring.coreos.com/v1alpha1 ScrapeConfig',
    ]);
  });

  const clusterWithGroup = async (answer: { readonly status: number; readonly body: object }) => {
    const version = { groupVersion: 'example.com/v1' };
    const groups = [{ preferredVersion: version, versions: [version] }];
    return clusterOf((request, response) => {
      const isOfGroup = request.url === '/apis/example.com/v1';
      response.writeHead(isOfGroup ? answer.status : 200);
      response.end(JSON.stringify(isOfGroup ? answer.body : { groups, resources: [] }));
    });
  };

  test('are not taken for known while a version is named that nobody serves', async () => {
    const cluster = await clusterWithGroup({ status: 404, body: {} });
    await expect(cluster.namespacedKinds()).rejects.toMatchObject({
      code: 'cluster-refused',
      expected: 'the kinds of example.com/v1, which it names among its versions',
      found: 'that nobody serves it',
      retryable: true,
    });
  });

  test('are none of a version that has none, as of metrics that nobody has configured', async () => {
    const cluster = await clusterWithGroup({ status: 200, body: { resources: [] } });
    expect(await cluster.namespacedKinds()).toEqual([]);
  });

  test.each([
    { what: 'is still starting', status: 500 },
    { what: 'does not say whether it is ready', status: 403 },
  ])('are not taken from one that $what', async ({ status }) => {
    const cluster = await clusterWith(status);
    await expect(cluster.namespacedKinds()).rejects.toMatchObject({
      code: 'cluster-refused',
      retryable: true,
      found: `the API server is not ready (status ${status} of /readyz)`,
    });
  });
});

describe('an aggregated API that is away', () => {
  const clusterWithout = async () =>
    clusterOf((request, response) => {
      const groupVersion = 'metrics.k8s.io/v1beta1';
      const groups = [{ preferredVersion: { groupVersion }, versions: [{ groupVersion }] }];
      const resources = [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: ['list', 'delete'] }];
      const isAway = request.url?.includes('metrics.k8s.io') === true;
      response
        .writeHead(isAway ? 503 : 200)
        .end(isAway ? 'service unavailable' : JSON.stringify({ groups, resources }));
    });

  test.each([
    {
      what: 'its kinds are asked for',
      ask: async (cluster: Awaited<ReturnType<typeof clusterOf>>) =>
        cluster.list({ apiVersion: 'metrics.k8s.io/v1beta1', kind: 'PodMetrics' }),
    },
    {
      what: 'all kinds are',
      ask: async (cluster: Awaited<ReturnType<typeof clusterOf>>) => cluster.namespacedKinds(),
    },
  ])('is named where $what', async ({ ask }) => {
    await expect(ask(await clusterWithout())).rejects.toMatchObject({
      code: 'cluster-refused',
      retryable: true,
      found: 'that its APIService v1beta1.metrics.k8s.io is away: status 503',
      next: 'Check `kubectl get apiservice v1beta1.metrics.k8s.io`',
    });
  });

  test('stops nothing else', async () => {
    const cluster = await clusterWithout();
    expect(await cluster.complete(MANIFEST)).toBeDefined();
    expect(await cluster.servedAs(MANIFEST)).toEqual({ apiVersion: 'v1', kind: 'ConfigMap' });
  });
});
