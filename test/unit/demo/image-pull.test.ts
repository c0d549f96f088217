import { expect, test, vi } from 'vitest';
import type { LiveObject } from '../../../infra/agent/cluster/cluster.ts';
import { healthOf } from '../../../infra/agent/health/health.ts';
import { podFault } from '../../../infra/agent/health/pod-fault.ts';
import { openDouble } from '../agent/double.ts';

const IMAGE = '127.0.0.1:5000/hello';

function deployment(tag: string) {
  const template = {
    metadata: { labels: { app: 'd' } },
    spec: { containers: [{ name: 'd', image: `${IMAGE}:${tag}` }] },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'default' },
    spec: { replicas: 2, selector: { matchLabels: { app: 'd' } }, template },
  };
}

const isRolledOut = (object: LiveObject | undefined) => {
  const status = object?.['status'] as Record<string, unknown> | undefined;
  return status?.['observedGeneration'] === object?.metadata.generation && status?.['availableReplicas'] === 2;
};

test("the demo's cluster does not roll out an image that its registry does not have, until it does", async () => {
  const there = new Set([`${IMAGE}:1`]);
  const { cluster } = await openDouble(10, { canPull: async (image) => there.has(image) });
  const id = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'd' };
  const pods = async () => cluster.list({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'default' });
  const images = async () =>
    (await pods()).map(({ spec }) => (spec as { containers: { image: string }[] }).containers[0]?.image);
  await cluster.apply(deployment('1'));
  await vi.waitUntil(async () => isRolledOut(await cluster.read(id)));

  await cluster.apply(deployment('2'));
  const reasons = async () => (await pods()).flatMap((pod) => podFault(pod)?.reason ?? []);
  const backOff = `container d: ImagePullBackOff: Back-off pulling image "${IMAGE}:2": not found`;
  await vi.waitUntil(async () => (await reasons()).length === 2);
  expect(await reasons()).toEqual([backOff, backOff]);
  // Those that run stay.
  expect((await images()).filter((image) => image === `${IMAGE}:1`)).toHaveLength(2);
  const live = await cluster.read(id);
  expect(live && healthOf(live)).toMatchObject({ state: 'progressing' });

  there.add(`${IMAGE}:2`);
  await vi.waitUntil(async () => isRolledOut(await cluster.read(id)) && (await pods()).length === 2);
  expect(await images()).toEqual([`${IMAGE}:2`, `${IMAGE}:2`]);
});
