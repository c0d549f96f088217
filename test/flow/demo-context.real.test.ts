import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { pushImage } from '../../infra/demo/registry/push-image.ts';
import { type LocalRegistry, startLocalRegistry } from '../../infra/demo/registry/server.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { agentsOf, type DemoFolder, demoFolder } from './demo-process.ts';

const NAMESPACES = '/api/v1/namespaces';
const LABEL = 'sluice.dev/demo';
/** What CI tags, a commit's twelve letters, cannot be pulled in the cluster of this pattern. */
const OF_A_COMMIT = 'hello:[0-9a-f]{12}$';

interface List {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly type?: string };
  }[];
}

let cluster: ControlPlane;
let folder: DemoFolder;
beforeEach(() => {
  folder = demoFolder();
});
afterEach(async () => {
  folder.remove();
  await cluster?.stop();
});

const start = (...flags: readonly string[]) =>
  folder.start(['--context', 'test', ...flags], { KUBECONFIG: cluster.kubeconfig });
const list = async (path: string) => ((await cluster.api.get(path)) as List).items;
const namesOf = async (path: string) => (await list(path)).map(({ metadata }) => metadata.name);
const ownNamespaces = async () => (await namesOf(NAMESPACES)).filter((name) => name.startsWith('sluice-demo-'));
const inNamespace = async (name: string) => ({
  services: (await list(`${NAMESPACES}/${name}/services`)).map(({ spec }) => spec.type),
  deployments: await namesOf(`/apis/apps/v1/namespaces/${name}/deployments`),
});

describe('npm start -- --context NAME on a real API server', { timeout: 180_000 }, () => {
  test('works in a namespace of its own, without a load balancer, and takes everything away', async () => {
    cluster = await startControlPlane();
    const before = await namesOf(NAMESPACES);
    const demo = start();
    await demo.until('It stays up.');
    const [name = ''] = await ownNamespaces();
    expect(await inNamespace(name)).toEqual({ services: ['ClusterIP'], deployments: ['hello'] });
    expect(await inNamespace('default')).toEqual({ services: ['ClusterIP'], deployments: [] });
    expect(await namesOf(`${NAMESPACES}/default/configmaps`)).toEqual(['kube-root-ca.crt']);
    demo.kill('SIGINT');
    expect((await demo.ended).status).toBe(0);
    expect({ namespaces: await namesOf(NAMESPACES), runs: folder.runs() }).toEqual({ namespaces: before, runs: [] });
  });

  test('says why a pod does not start, long before a minute is over, and takes everything away', async () => {
    cluster = await startControlPlane({ unpullableImages: OF_A_COMMIT });
    const { status, said } = await start('--once').ended;
    expect({ status, namespaces: await ownNamespaces(), runs: folder.runs() }).toEqual({
      status: 1,
      namespaces: [],
      runs: [],
    });
    expect(said).toMatch(
      /\ndemo: expected \w{12} to be rolled out, found pod hello-\S+: container hello: ImagePullBackOff: .*hello:\w{12}/,
    );
  });

  test('Ctrl-C in a roll-out takes everything away', async () => {
    cluster = await startControlPlane({ unpullableImages: OF_A_COMMIT });
    const demo = start('--once');
    await demo.until('commit-image     commit');
    demo.kill('SIGINT');
    expect((await demo.ended).status).toBe(130);
    expect({ namespaces: await ownNamespaces(), runs: folder.runs() }).toEqual({ namespaces: [], runs: [] });
  });

  test('what a killed run left is removed by the next start, and nothing else', async () => {
    cluster = await startControlPlane();
    const others = [
      { name: 'sluice-demo-0a0a0a0a', labels: { [LABEL]: '0a0a0a0a' } },
      { name: 'sluice-demo-of-a-person', labels: {} },
    ];
    for (const metadata of others) {
      await cluster.api.create(NAMESPACES, { apiVersion: 'v1', kind: 'Namespace', metadata });
    }
    const killed = start();
    await killed.until('rolled out');
    const [run = ''] = folder.runs();
    killed.kill('SIGKILL');
    await killed.ended;
    await vi.waitUntil(() => agentsOf(run).length === 0, { timeout: 20_000 });
    expect(await ownNamespaces()).toContain(`sluice-demo-${run}`);
    expect((await start('--once').ended).status).toBe(0);
    expect(await ownNamespaces()).toEqual(others.map(({ name }) => name));
  });

  test('says at once what it needs of a cluster whose nodes would have to pull, and makes nothing there', async () => {
    cluster = await startControlPlane();
    await cluster.api.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'real' } });
    const { status, said } = await start('--once').ended;
    expect({ status, namespaces: await ownNamespaces(), runs: folder.runs() }).toEqual({
      status: 1,
      namespaces: [],
      runs: [],
    });
    expect(said).toContain(
      "context test: expected an image that this cluster can pull, found only the demo's own, which are in a registry on this machine's loopback and hold no program. Name an image of yours with two tags, the second built later: npm start -- --context test --image registry.example.com/app:1.0.0 --next 1.1.0",
    );
  });
});

describe('npm start -- --context NAME --image IMAGE --next TAG', { timeout: 180_000 }, () => {
  const images = demoFolder();
  let registry: LocalRegistry;
  beforeAll(async () => {
    registry = await startLocalRegistry({ directory: join(images.path, 'registry') });
    for (const [tag, hour] of [
      ['1.0.0', 9],
      ['1.1.0', 10],
    ] as const) {
      const created = new Date(Date.UTC(2026, 10, 23, hour));
      await pushImage({ registry: `http://${registry.host}`, repository: 'team/app', tag, created, content: tag });
    }
  });
  afterAll(async () => {
    await registry.stop();
    images.remove();
  });

  test.each([
    { from: '1.0.0', next: '1.1.0', status: 0, says: /rolled out \w{7}\n/ },
    {
      from: '1.1.0',
      next: '1.0.0',
      status: 1,
      says: /\ndemo: expected 1\.0\.0 to be rolled out, found it was kept: .*1\.0\.0/,
    },
  ])(
    'from $from to $next ends with $status on nodes that pull for themselves',
    async ({ from, next, status, says }) => {
      cluster = await startControlPlane();
      await cluster.api.create('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'real' } });
      const ended = await start('--once', '--image', `${registry.host}/team/app:${from}`, '--next', next).ended;
      expect({ status: ended.status, namespaces: await ownNamespaces() }).toEqual({ status, namespaces: [] });
      expect(ended.said).toMatch(says);
    },
  );
});
