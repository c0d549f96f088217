import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCluster } from '../../infra/agent/cluster/cluster.ts';
import { clusterAccess } from '../../infra/agent/cluster/kubeconfig.ts';
import { openReplicaStage, type Replica, type ReplicaStage } from './replica-stage.ts';
import { until } from './stage.ts';

const PATIENCE_MILLIS = 120_000;

const configMap = (value: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data: { value: "${value}" }
`;
const deployment = (name: string, image: string, more = '') => `---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: 2
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: web, image: "${image}" }]${more} }
`;

describe('an agent tells how a source fares on a real control plane', { timeout: 4 * PATIENCE_MILLIS }, () => {
  let stage: ReplicaStage;
  let agent: Replica;
  beforeAll(async () => {
    stage = await openReplicaStage({ 'a.yml': configMap('1') }, { unpullableImages: ':broken$' });
    agent = await stage.start('agent', '--timeout', '5s');
  }, PATIENCE_MILLIS);
  afterAll(async () => stage?.stop());

  const status = async (what: string, state: string, revision?: string) =>
    until(
      what,
      stage,
      async () => {
        const data = await stage.dataOf('sluice-status-shop');
        return data?.['state'] === state && (revision === undefined || data['revision'] === revision)
          ? data
          : undefined;
      },
      PATIENCE_MILLIS,
    );
  const sluice = async (...words: readonly string[]) =>
    promisify(execFile)(process.execPath, [
      'infra/cli/main.ts',
      ...words,
      ...['--namespace', 'default', '--kubeconfig', stage.cluster.kubeconfig],
    ]);

  test('a revision that stands is healthy', async () => {
    await status('the first revision', 'healthy');
    const revision = stage.commit({ 'a.yml': configMap('2') + deployment('good', 'registry.example.com/web:1') });
    expect(await status('healthy', 'healthy', revision)).toMatchObject({
      lastAppliedRevision: revision,
      objects: expect.stringMatching(/^(configured: 1\ncreated: 1|created: 1\nconfigured: 1)$/),
      problems: '',
    });
    const { body } = await agent.get('/metrics');
    expect(body).toContain(`sluice_agent_revision_info{source="shop",branch="main",revision="${revision}"} 1`);
  });

  test('what is wrong with pods is in the status, in the metrics and in Events', async () => {
    const nowhere = ', nodeSelector: { disk: none }';
    const revision = stage.commit({
      'a.yml':
        configMap('2') +
        deployment('bad', 'registry.example.com/web:broken') +
        deployment('homeless', 'registry.example.com/web:1', nowhere),
    });
    const { problems = '' } = await status('failed', 'failed', revision);
    expect(problems.split('\n').toSorted()).toEqual([
      expect.stringMatching(
        /^deployment\/default\/bad: 0 of 2 replicas are available; 2 pods \(bad-\S+, bad-\S+\): container web: ImagePullBackOff: Back-off pulling image "registry\.example\.com\/web:broken"$/,
      ),
      expect.stringMatching(
        /^deployment\/default\/homeless: 0 of 2 replicas are available; 2 pods \(.+\): cannot be scheduled: 0\/1 nodes are available: .+$/,
      ),
    ]);
    const { body } = await agent.get('/metrics');
    expect(body).toMatch(/^sluice_agent_revisions_total\{source="shop",result="unhealthy"\} [1-9]/m);
    const cluster = openCluster(await clusterAccess(stage.cluster.kubeconfig, undefined), 10_000);
    const events = await until('Events', stage, async () => {
      const fieldSelector = 'type=Warning,involvedObject.kind=Deployment,involvedObject.name=bad';
      const found = await cluster.list({ apiVersion: 'v1', kind: 'Event' }, { namespace: 'default', fieldSelector });
      return found.length > 0 ? found : undefined;
    });
    const live = await cluster.read({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'bad' });
    expect(events).toContainEqual(
      expect.objectContaining({
        reason: 'Unhealthy',
        message: expect.stringContaining('ImagePullBackOff'),
        involvedObject: expect.objectContaining({ uid: live?.metadata.uid }),
      }),
    );
  });

  test('nothing is applied while it is suspended, and all that was missed after it', async () => {
    expect((await sluice('suspend', '--reason', 'release freeze')).stdout).toBe('shop: suspended (release freeze)\n');
    expect(await status('suspended', 'suspended')).toMatchObject({ message: 'release freeze' });
    // One of the two stays: half of the inventory is the most that one revision may delete.
    const revision = stage.commit({ 'a.yml': configMap('3') + deployment('bad', 'registry.example.com/web:1') });
    const looks = async () => {
      const [, count = '0'] =
        /^sluice_agent_suspended\{source="shop"\} (\d)/m.exec((await agent.get('/metrics')).body) ?? [];
      return Number(count);
    };
    expect(await looks()).toBe(1);
    expect((await stage.dataOf('a'))?.['value']).toBe('2');
    expect((await sluice('resume')).stdout).toBe('shop: resumed (it was suspended: release freeze)\n');
    await status('healthy again', 'healthy', revision);
    expect((await stage.dataOf('a'))?.['value']).toBe('3');
    expect(await looks()).toBe(0);
    const said = agent.lines().map(({ message }) => message);
    const found = agent
      .lines()
      .findIndex((line) => line['message'] === 'revision found' && line['revision'] === revision);
    expect(found).toBeGreaterThan(said.indexOf('resumed'));
  });
});
