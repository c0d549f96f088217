import { describe, expect, test, vi } from 'vitest';
import { applyAtOnce, applyObject } from '../../../../infra/agent/apply/apply-object.ts';
import { type ObservedState, observeObjects } from '../../../../infra/agent/apply/observe-object.ts';
import type { Cluster } from '../../../../infra/agent/cluster/cluster.ts';
import { healthOf } from '../../../../infra/agent/health/health.ts';
import { fieldsDigestOf, manifestDigest } from '../../../../infra/agent/inventory/fingerprint.ts';
import { idOf, keyOf, type Manifest } from '../../../../infra/agent/manifest.ts';
import { SluiceError } from '../../../../shared/errors.ts';
import { openDouble } from '../double.ts';

const found = 'etcdserver: request timed out';
const refusal = (code = 500) =>
  new SluiceError({ code: 'cluster-refused', subject: 'v1 ConfigMap', found, cause: { code, message: found } });
const configMap = (name: string, annotations = {}): Manifest => ({
  ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', annotations } },
  data: { a: 'placeholder' },
});

describe('what no list would tell', () => {
  const refused = (code: number): Partial<Cluster> => ({
    pages: () => ({ [Symbol.asyncIterator]: () => ({ next: async () => Promise.reject(refusal(code)) }) }),
  });
  test.each([
    { how: 'for the moment', code: 500, count: 1, fields: 'of a former apply' },
    { how: 'because it may not be listed', code: 403, count: 1, fields: 'of a former apply' },
    { how: 'of many objects', code: 500, count: 25, fields: 'of a former apply' },
    { how: 'of many new objects', code: 403, count: 25, fields: undefined },
  ])('$how is read by itself', async ({ code, count, fields }) => {
    const { cluster } = await openDouble();
    const manifests = Array.from({ length: count }, (_, index) => configMap(`a${index}`));
    await Promise.all(manifests.map(async (one) => cluster.apply(one)));
    const wanted = [...manifests, configMap('gone')].map((one) => ({ id: idOf(one), fields }));
    const sights = await observeObjects({ ...cluster, ...refused(code) }, wanted, 'shop');
    expect([...sights.values()].map(({ is }) => is)).toEqual([...manifests.map(() => 'there'), 'missing']);
  });

  test('and no read either is unseen, with the reason', async () => {
    const { cluster } = await openDouble();
    const read = async () => Promise.reject(refusal());
    const sights = await observeObjects(
      { ...cluster, ...refused(500), read },
      [{ id: idOf(configMap('a')), fields: '' }],
      'shop',
    );
    expect([...sights.values()]).toEqual([{ is: 'unseen', reason: found }]);
  });
});

test('how an object fares that nobody touched is seen, however many of its kind are new', async () => {
  const { cluster } = await openDouble();
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'a', image: 'a:1' }] } };
  await cluster.apply({
    ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
    metadata: { name: 'a', namespace: 'default', labels: { 'sluice.dev/agent': 'shop' } },
    spec: { replicas: 1, selector: { matchLabels: { app: 'a' } }, template },
  });
  const id = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'a' };
  const live = await vi.waitUntil(
    async () => {
      const now = await cluster.read(id);
      return now !== undefined && healthOf(now).state === 'healthy' ? now : undefined;
    },
    { timeout: 30_000 },
  );
  const { resourceVersion } = live.metadata;
  const fresh = Array.from({ length: 25 }, (_, index) => ({ id: { ...id, name: `new${index}` }, fields: undefined }));
  const sights = await observeObjects(cluster, [{ id, fields: fieldsDigestOf(live.metadata) }, ...fresh], 'shop');
  expect(sights.get(keyOf(id))).toEqual({ is: 'untouched', resourceVersion });
});

describe('what the cluster would not tell of', () => {
  const job: Manifest = {
    ...{ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'a', namespace: 'default' } },
    spec: { ttlSecondsAfterFinished: 60 },
  };
  const apply = async (manifest: Manifest, before = manifestDigest(manifest)) => {
    const { cluster } = await openDouble();
    const task = {
      manifest,
      digest: manifestDigest(manifest),
      place: 'a.yml:1',
      before: { manifest: before, fields: 'f' },
      isHookRun: false,
    };
    const sights = new Map<string, ObservedState>([[keyOf(idOf(manifest)), { is: 'unseen', reason: found }]]);
    const applied: Manifest[] = [];
    const recorded: Cluster = {
      ...cluster,
      async apply(one) {
        applied.push(one);
        return one;
      },
    };
    const { signal } = new AbortController();
    const [result] = await applyAtOnce([task], async (one) => applyObject(recorded, one, sights, signal));
    return { result, applied };
  };

  test.each([
    {
      what: 'is not to be touched where it is there',
      manifest: configMap('a', { 'sluice.dev/apply': 'IfNotPresent' }),
    },
    { what: 'would run again', manifest: job },
  ])('and $what fails, and is left alone', async ({ manifest }) => {
    const { result, applied } = await apply(manifest);
    expect(applied).toEqual([]);
    expect(result).toMatchObject({
      action: 'failed',
      reason: 'the cluster would not say whether it is there: etcdserver: request timed out (a.yml:1)',
    });
  });

  test.each([
    { what: 'that is to be as Git says', manifest: configMap('a'), before: undefined },
    { what: 'that is another job now', manifest: job, before: 'of the former job' },
  ])('and $what is applied', async ({ manifest, before }) => {
    const { applied } = await apply(manifest, before);
    expect(applied).toEqual([manifest]);
  });
});
