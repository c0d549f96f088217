import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubeObject } from '../cluster/kube-api.ts';
import { type Admission, startAdmission } from './admission.ts';
import { pathOf } from './chaos-cluster.ts';
import { configMap, definitionAndInstance, generation, SHOP } from './chaos-revision.ts';
import { type ChaosStage, openChaosStage } from './chaos-stage.ts';
import { markedRevision, until } from './stage.ts';

const WEBHOOKS = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
const FINALIZER = 'example.com/held';

describe('an agent on a real control plane that refuses some of what Git says', { timeout: 120_000 }, () => {
  let stage: ChaosStage;
  let admission: Admission;
  let number = 0;
  let stands: readonly KubeObject[] = [];
  let standing = '';
  const fresh = (...more: readonly KubeObject[]) => {
    number += 1;
    return [...generation(number), ...more];
  };
  beforeAll(async () => {
    admission = await startAdmission();
    // What is stuck is not waited for, and what is few may go.
    stage = await openChaosStage(['--timeout', '3s', '--prune-limit', '100%']);
    await stage.start();
    const first = fresh();
    await settled(stage.commit(first), first);
  });
  afterAll(async () => {
    await stage?.stop();
    await admission?.stop();
  });

  const settled = async (revision: string, objects: readonly KubeObject[]) => {
    await stage.settled(revision, objects);
    expect(stage.agent().ended()).toBeUndefined();
    [standing, stands] = [revision, objects];
  };
  const live = async (object: KubeObject) => stage.cluster.api.request(pathOf(object));
  const isThere = async (object: KubeObject) => (await live(object)).status === 200;
  /** What left Git is there still, and the marker stands where it stood. */
  const nothingIsPruned = async () => {
    for (const object of stands) {
      expect(await isThere(object)).toBe(true);
    }
    expect(markedRevision(stage.repository)).toBe(standing);
  };
  /** Keeps an object from going when it is deleted, as the finalizer of a controller that is away does. */
  const hold = async (object: KubeObject, isHeld: boolean) => {
    const body = { metadata: { finalizers: isHeld ? [FINALIZER] : [] } };
    const contentType = 'application/merge-patch+json';
    const { status } = await stage.cluster.api.request(pathOf(object), { method: 'PATCH', body, contentType });
    expect(status).toBe(200);
  };
  const isGoing = async (object: KubeObject) => {
    const { body } = await live(object);
    return (body as KubeObject).metadata['deletionTimestamp'] !== undefined || undefined;
  };
  const register = async (resources: readonly string[], namespaces: readonly string[]) => {
    await stage.cluster.api.create(WEBHOOKS, admission.configuration(resources, namespaces));
  };
  const unregister = async () => {
    const { items } = (await stage.cluster.api.get(WEBHOOKS)) as { readonly items: readonly KubeObject[] };
    for (const { metadata } of items) {
      await stage.cluster.api.request(`${WEBHOOKS}/${metadata.name}`, { method: 'DELETE' });
    }
  };

  test('a webhook refuses some objects: the others are applied, and all once it does no more', async () => {
    await register(['configmaps', 'deployments'], [SHOP]);
    admission.behave('refuse');
    const labels = { refused: 'true' };
    const refused = [configMap('refused-1', 'a', { labels }), configMap('refused-2', 'a', { labels })];
    const welcome = configMap('welcome', 'a');
    const next = fresh(...refused, welcome);
    const revision = stage.commit(next);
    await stage.told(
      revision,
      'failed',
      /configmap\/shop\/refused-1: .*the label refused is not welcome.*\(configmap-refused-1\.json:1\)\nconfigmap\/shop\/refused-2: /,
    );
    expect((await live(welcome)).body).toMatchObject({ ...welcome });
    expect(await isThere(refused[0] ?? welcome)).toBe(false);
    await nothingIsPruned();
    admission.behave('admit');
    await expect(settled(revision, next)).resolves.toBeUndefined();
    await unregister();
  });

  test.each([
    { name: 'what Git says', namespaces: [SHOP], says: /configmap\/shop\/changing: .*failed calling webhook/ },
    { name: 'the inventory', namespaces: ['default'], says: /^/ },
  ])('a webhook that has to be asked about $name hangs, and then answers', async ({ namespaces, says }) => {
    admission.behave('hang');
    await register(['configmaps'], namespaces);
    const next = fresh(configMap('late', 'a'));
    let revision = '';
    await stage.fails(/failed calling webhook/, () => {
      revision = stage.commit(next);
    });
    await nothingIsPruned();
    if (namespaces.includes(SHOP)) {
      await stage.told(revision, 'failed', says);
    }
    admission.behave('admit');
    await expect(settled(revision, next)).resolves.toBeUndefined();
    await unregister();
  });

  test('a namespace that left Git is stuck in its termination, and is wanted again meanwhile', async () => {
    const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'stuck' } };
    const inside = { ...configMap('held', 'a'), metadata: { name: 'held', namespace: 'stuck' } };
    const withIt = fresh(namespace, inside);
    await settled(stage.commit(withIt), withIt);
    await hold(inside, true);
    const without = fresh();
    stage.commit(without);
    await until('the namespace is going', stage, async () => isGoing(namespace));
    const again = fresh(namespace, inside, { ...configMap('new', 'a'), metadata: { name: 'new', namespace: 'stuck' } });
    const revision = stage.commit(again);
    await stage.told(revision, 'failed', /configmap\/stuck\/new: .*because it is being terminated/);
    await hold(inside, false);
    await expect(settled(revision, again)).resolves.toBeUndefined();
  });

  test('a namespace with all that is in it is deleted by another hand, and stuck for a while', async () => {
    const inside = stands.find(({ metadata }) => metadata.name === 'staying') ?? configMap('staying', '');
    const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SHOP } };
    await hold(inside, true);
    await stage.cluster.api.request(pathOf(namespace), { method: 'DELETE' });
    await stage.told(standing, 'failed', /because it is being terminated|it is being deleted/);
    await hold(inside, false);
    await expect(settled(standing, stands)).resolves.toBeUndefined();
  });

  test('what is being deleted by another hand, and is held for a while, does not pass for healthy', async () => {
    const going = configMap('staying', 'same');
    await hold(going, true);
    await stage.cluster.api.request(pathOf(going), { method: 'DELETE' });
    await stage.told(standing, 'failed', /^configmap\/shop\/staying: it is being deleted$/m);
    await hold(going, false);
    await expect(settled(standing, stands)).resolves.toBeUndefined();
  });

  test('a definition is stuck in its termination for an instance, and both are wanted again meanwhile', async () => {
    const [instance, definition] = definitionAndInstance('stuck');
    const withIt = fresh(instance, definition);
    await settled(stage.commit(withIt), withIt);
    await hold(instance, true);
    stage.commit(fresh());
    await until('the definition is going', stage, async () => isGoing(definition));
    const again = fresh(instance, definition);
    const revision = stage.commit(again);
    await stage.told(revision, 'failed');
    await hold(instance, false);
    await expect(settled(revision, again)).resolves.toBeUndefined();
  });
});
