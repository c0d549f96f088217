import { describe, expect, test } from 'vitest';
import { CONFIG_MAPS, configMap, type KubernetesClient, unique } from './kubernetes-client.ts';

/** What the demo's API claims of writes other than server-side apply: for Leases, Events, and annotations. */
export function describeWrites({ ask, apply }: KubernetesClient): void {
  describe('Leases and other objects that are written whole', () => {
    const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    const lease = (id: string, holderIdentity: string, metadata: object = {}) => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: id, ...metadata },
      spec: { holderIdentity, leaseDurationSeconds: 15, renewTime: '2026-11-23T10:00:00.000000Z' },
    });

    test('are made once', async () => {
      const id = unique();
      const made = await ask('POST', LEASES, lease(id, 'one'));
      expect(made).toMatchObject({ status: 201, body: { metadata: { name: id }, spec: { holderIdentity: 'one' } } });
      expect(await ask('POST', LEASES, lease(id, 'two'))).toMatchObject({
        status: 409,
        body: { reason: 'AlreadyExists', message: `leases.coordination.k8s.io "${id}" already exists` },
      });
    });

    test('are written over only in the version that was read', async () => {
      const id = unique();
      const { body: first } = await ask('POST', LEASES, lease(id, 'one'));
      const { resourceVersion } = first.metadata;
      const second = await ask('PUT', `${LEASES}/${id}`, lease(id, 'one', { resourceVersion }));
      expect(second.status).toBe(200);
      const changed = lease(id, 'two', { resourceVersion: second.body.metadata.resourceVersion });
      const third = await ask('PUT', `${LEASES}/${id}`, changed);
      expect(third).toMatchObject({ status: 200, body: { spec: { holderIdentity: 'two' } } });
      expect(await ask('PUT', `${LEASES}/${id}`, changed)).toMatchObject({
        status: 409,
        body: { reason: 'Conflict', message: expect.stringContaining('the object has been modified') },
      });
      expect((await ask('GET', `${LEASES}/${id}`)).body.metadata.resourceVersion).toBe(
        third.body.metadata.resourceVersion,
      );
    });

    test('are made where they are not there, but ConfigMaps are not', async () => {
      const id = unique();
      expect((await ask('PUT', `${LEASES}/${id}`, lease(id, 'one', { resourceVersion: '1' }))).status).toBe(201);
      expect(await ask('PUT', `${CONFIG_MAPS}/${id}`, configMap({ a: '1' }, id))).toMatchObject({
        status: 404,
        body: { reason: 'NotFound' },
      });
    });
  });

  test('a merge patch annotates, takes annotations away, and leaves the rest', async () => {
    const object = configMap({ a: '1' });
    await apply(CONFIG_MAPS, object);
    const path = `${CONFIG_MAPS}/${object.metadata.name}`;
    const patch = async (annotations: object) =>
      ask('PATCH', path, { metadata: { annotations } }, { 'content-type': 'application/merge-patch+json' });
    const annotated = await patch({ 'example.com/a': 'x', 'example.com/b': 'y' });
    expect(annotated).toMatchObject({
      status: 200,
      body: { data: { a: '1' }, metadata: { annotations: { 'example.com/a': 'x', 'example.com/b': 'y' } } },
    });
    // Who applies does not take away what another has set.
    await apply(CONFIG_MAPS, configMap({ a: '2' }, object.metadata.name));
    expect((await patch({ 'example.com/a': null })).body).toMatchObject({
      data: { a: '2' },
      metadata: { annotations: { 'example.com/b': 'y' } },
    });
    expect((await ask('GET', path)).body.metadata).not.toHaveProperty(['annotations', 'example.com/a']);
    const none = await ask(
      'PATCH',
      `${CONFIG_MAPS}/${unique()}`,
      { metadata: {} },
      { 'content-type': 'application/merge-patch+json' },
    );
    expect(none).toMatchObject({ status: 404, body: { reason: 'NotFound' } });
  });

  test('an Event is applied, and counted by applying it again', async () => {
    const id = unique();
    const event = (count: number) => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: id, namespace: 'default' },
      involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' },
      type: 'Normal',
      reason: 'Configured',
      message: 'revision c1: configured',
      count,
      firstTimestamp: '2026-11-23T10:00:00Z',
      lastTimestamp: `2026-11-23T10:0${count}:00Z`,
      source: { component: 'sluice-agent' },
    });
    expect((await apply('/api/v1/namespaces/default/events', event(1))).status).toBe(201);
    expect(await apply('/api/v1/namespaces/default/events', event(2))).toMatchObject({
      status: 200,
      body: { count: 2 },
    });
  });

  describe('a JSON Patch of metadata', () => {
    const type = { 'content-type': 'application/json-patch+json' };
    const edit = async (object: string, operations: readonly object[]) =>
      ask('PATCH', `${CONFIG_MAPS}/${object}?fieldManager=one`, operations, type);

    test('says anew who manages which fields, and takes an annotation away', async () => {
      const object = configMap({ a: '1', b: '1' });
      const annotated = { ...object, metadata: { ...object.metadata, annotations: { 'example.com/old': 'x' } } };
      const { body } = await apply(CONFIG_MAPS, annotated, 'before');
      const managedFields = body.metadata.managedFields.map((one) => ({ ...one, manager: 'one' }));
      const edited = await edit(object.metadata.name, [
        { op: 'replace', path: '/metadata/managedFields', value: managedFields },
        { op: 'replace', path: '/metadata/resourceVersion', value: body.metadata.resourceVersion },
        { op: 'remove', path: '/metadata/annotations/example.com~1old' },
      ]);
      expect(edited.body.metadata.managedFields).toMatchObject([{ manager: 'one' }]);
      const less = await apply(CONFIG_MAPS, configMap({ a: '1' }, object.metadata.name), 'one');
      expect(less.body.data).toEqual({ a: '1' });
      expect(less.body.metadata).not.toHaveProperty('annotations');
    });

    test('is refused where the object has another version', async () => {
      const object = configMap({ a: '1' });
      const { body } = await apply(CONFIG_MAPS, object);
      await apply(CONFIG_MAPS, configMap({ a: '2' }, object.metadata.name));
      const { resourceVersion } = body.metadata;
      const edited = await edit(object.metadata.name, [
        { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      ]);
      expect(edited).toMatchObject({ status: 409, body: { reason: 'Conflict' } });
    });
  });
}
