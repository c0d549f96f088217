import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Body, CONFIG_MAPS, configMap, type KubernetesClient, unique } from './kubernetes-client.ts';

/** What the demo's API claims of lists, of metadata alone, and of deletions. */
export function describeLists({ ask, apply }: KubernetesClient): void {
  test('lists, and deletes', async () => {
    const object = configMap({ a: '1' });
    await apply(CONFIG_MAPS, object);
    const list = await ask('GET', CONFIG_MAPS);
    expect(list.body).toMatchObject({
      kind: 'ConfigMapList',
      apiVersion: 'v1',
      metadata: { resourceVersion: expect.any(String) },
    });
    expect(list.body.items.map(({ metadata }) => metadata.name)).toContain(object.metadata.name);
    const everywhere = await ask('GET', '/api/v1/configmaps');
    expect(everywhere.body.items.map(({ metadata }) => metadata.name)).toContain(object.metadata.name);
    const path = `${CONFIG_MAPS}/${object.metadata.name}`;
    expect(await ask('DELETE', path)).toMatchObject({ status: 200, body: { kind: 'Status', status: 'Success' } });
    expect((await ask('GET', path)).status).toBe(404);
    expect(await ask('DELETE', path)).toMatchObject({ status: 404, body: { reason: 'NotFound' } });
  });

  describe('a list', () => {
    const mark = unique();
    const labelled = (labels: object) => ({ ...configMap({ a: '1' }), metadata: { name: unique(), labels } });
    const objects = [
      labelled({ set: mark, tier: 'web' }),
      labelled({ set: mark, tier: 'db' }),
      labelled({ set: mark }),
      labelled({ set: 'other', tier: 'web' }),
    ] as const;
    beforeAll(async () => {
      for (const object of objects) {
        await apply(CONFIG_MAPS, object);
      }
    });
    const namesOf = ({ items }: Body) => items.map(({ metadata }) => metadata.name).toSorted();

    test.each([
      { selector: `set=${mark}`, finds: [0, 1, 2] },
      { selector: `set==${mark},tier=web`, finds: [0] },
      { selector: `set=${mark},tier!=web`, finds: [1, 2] },
      { selector: `set=${mark},tier`, finds: [0, 1] },
      { selector: `set=${mark},!tier`, finds: [2] },
      { selector: `set=${mark}-none`, finds: [] },
    ])('by labels: $selector', async ({ selector, finds }) => {
      const { body } = await ask('GET', `/api/v1/configmaps?labelSelector=${encodeURIComponent(selector)}`);
      expect(namesOf(body)).toEqual(finds.map((index) => objects[index]?.metadata.name ?? '').toSorted());
    });

    test('by a selector that is none is 400', async () => {
      const { status } = await ask('GET', `${CONFIG_MAPS}?labelSelector=${encodeURIComponent('!a=b')}`);
      expect(status).toBe(400);
    });

    test('comes in pages, the order of which is the same in each', async () => {
      const path = `${CONFIG_MAPS}?labelSelector=set%3D${mark}&limit=2`;
      const first = (await ask('GET', path)).body;
      expect([first.items.length, first.metadata.continue]).toEqual([2, expect.stringMatching(/./)]);
      const second = (await ask('GET', `${path}&continue=${encodeURIComponent(first.metadata.continue ?? '')}`)).body;
      expect(second.metadata.continue ?? '').toBe('');
      expect([...namesOf(first), ...namesOf(second)].toSorted()).toEqual(
        objects
          .slice(0, 3)
          .map(({ metadata }) => metadata.name)
          .toSorted(),
      );
    });

    test('of metadata has who manages which fields, and nothing of what they are', async () => {
      const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
      const { body } = await ask('GET', `${CONFIG_MAPS}?labelSelector=set%3D${mark}`, undefined, { accept });
      expect(body).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
      expect(body.items[0]).toMatchObject({
        metadata: {
          resourceVersion: expect.any(String),
          labels: { set: mark },
          managedFields: [{ manager: 'one', operation: 'Apply', fieldsV1: { 'f:data': { 'f:a': {} } } }],
        },
      });
      expect(body.items[0]?.data).toBeUndefined();
    });
  });

  test('the metadata of one object can be had alone', async () => {
    const object = configMap({ a: '1' });
    await apply(CONFIG_MAPS, object);
    const accept = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
    const { body } = await ask('GET', `${CONFIG_MAPS}/${object.metadata.name}`, undefined, { accept });
    expect(body).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: object.metadata.name } });
    expect(body.data).toBeUndefined();
  });

  test('a deletion may be of one very object, and a dry run', async () => {
    const object = configMap({ a: '1' });
    await apply(CONFIG_MAPS, object);
    const path = `${CONFIG_MAPS}/${object.metadata.name}`;
    const options = { kind: 'DeleteOptions', apiVersion: 'v1' };
    const other = await ask('DELETE', path, { ...options, preconditions: { uid: randomUUID() } });
    expect(other).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    const { body: before } = await ask('GET', path);
    await apply(CONFIG_MAPS, configMap({ a: '2' }, object.metadata.name));
    const { uid, resourceVersion } = before.metadata;
    const stale = await ask('DELETE', path, { ...options, preconditions: { uid, resourceVersion } });
    expect(stale).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    expect((await ask('DELETE', path, { ...options, dryRun: ['All'] })).status).toBe(200);
    const { body, status } = await ask('GET', path);
    expect(status).toBe(200);
    const same = await ask('DELETE', path, { ...options, preconditions: { uid: body.metadata.uid } });
    expect(same.status).toBe(200);
    expect((await ask('GET', path)).status).toBe(404);
  });
}
