import { describe, expect, test } from 'vitest';
import type { Status } from '../../../../infra/agent/cluster/api-types.ts';
import { expectOk, statusOf } from '../../../../infra/agent/cluster/client.ts';
import type { Cluster } from '../../../../infra/agent/cluster/cluster.ts';
import { idOf, type Manifest, printId } from '../../../../infra/agent/manifest.ts';
import { withholdRefusals } from '../../../../infra/agent/secrets/withhold-refusals.ts';
import { isSluiceError } from '../../../../shared/errors.ts';
import { openDouble } from '../double.ts';

const manifest = (kind: string, name: string, apiVersion = 'v1'): Manifest => ({
  apiVersion,
  kind,
  metadata: { name },
});
const OPEN = manifest('ConfigMap', 'open');
const DECRYPTED = manifest('ConfigMap', 'decrypted');

/** A cluster that refuses every request with this status. */
async function refusing(status: number, body: Status): Promise<Cluster> {
  const { cluster } = await openDouble();
  const refuse = async (subject: string): Promise<never> => {
    expectOk({ status, body }, subject);
    throw new Error('it was accepted');
  };
  const guarded: Cluster = {
    ...cluster,
    apply: async (one) => refuse(printId(idOf(one))),
    edit: async (id) => refuse(printId(id)),
    remove: async (id) => refuse(printId(id)),
    read: async (id) => refuse(printId(id)),
  };
  const rendered = [
    { manifest: OPEN, place: 'a.yml' },
    { manifest: DECRYPTED, place: 'b.yml', isSecret: true },
  ];
  return withholdRefusals(guarded, { objects: rendered, skipped: [] });
}

async function refusalOf(work: () => Promise<unknown>) {
  return work().then(
    () => expect.unreachable('it was not refused'),
    (error: unknown) => {
      if (!isSluiceError(error, 'cluster-refused')) {
        throw error;
      }
      return error;
    },
  );
}

describe('of a secret object the API server’s refusal tells no value', () => {
  test.each([
    {
      what: 'a field that is invalid',
      status: 422,
      body: {
        code: 422,
        reason: 'Invalid',
        message: 'Deployment.apps "web" is invalid: spec.x: Invalid value: "hunter2": must be no secret',
        details: { causes: [{ reason: 'FieldValueInvalid', field: 'spec.x', message: 'Invalid value: "hunter2"' }] },
      },
      says: 'spec.x: refused by the API server (422 FieldValueInvalid); its value is not shown, because the object is secret',
    },
    {
      what: 'several fields, for several reasons',
      status: 422,
      body: {
        code: 422,
        reason: 'Invalid',
        message: 'spec.x: Invalid value: "hunter2", spec.y: Duplicate value: "hunter2"',
        details: {
          causes: [
            { reason: 'FieldValueInvalid', field: 'spec.x', message: 'Invalid value: "hunter2"' },
            { reason: 'FieldValueDuplicate', field: 'spec.y', message: 'Duplicate value: "hunter2"' },
          ],
        },
      },
      says: 'spec.x, spec.y: refused by the API server (422 Invalid); its value is not shown, because the object is secret',
    },
    {
      what: 'a value of a wrong type',
      status: 500,
      body: {
        code: 500,
        message:
          'failed to create typed patch object (default/s; /v1, Kind=Secret): .data.pin: expected string, got &value.valueUnstructured{Value:48151623}',
      },
      says: '.data.pin: refused by the API server (500); its value is not shown, because the object is secret',
    },
    {
      what: 'several values of a wrong type',
      status: 500,
      body: {
        code: 500,
        message:
          'failed to create typed patch object (a/b; apps/v1, Kind=Deployment): errors:\n  .spec.replicas: expected numeric (int or float), got string: hunter2\n  .spec.x: field not declared in schema',
      },
      says: '.spec.replicas, .spec.x: refused by the API server (500); its value is not shown, because the object is secret',
    },
    {
      what: 'a field that the server does not know',
      status: 400,
      body: {
        code: 400,
        reason: 'BadRequest',
        message: 'strict decoding error: unknown field "spec.hunter", "hunter2"',
      },
      says: 'spec.hunter: refused by the API server (400 BadRequest); its value is not shown, because the object is secret',
    },
    {
      what: 'JSON that does not fit',
      status: 400,
      body: {
        code: 400,
        reason: 'BadRequest',
        message: 'json: cannot unmarshal string hunter2 into Go struct field Secret.data of type map[string][]uint8',
      },
      says: 'Secret.data: refused by the API server (400 BadRequest); its value is not shown, because the object is secret',
    },
    {
      what: 'a webhook that echoes',
      status: 403,
      body: {
        code: 403,
        reason: 'Forbidden',
        message: 'admission webhook "w.example.com" denied the request: hunter2',
      },
      says: 'refused by the API server (403 Forbidden); what it said is not shown, because the object is secret',
    },
    {
      what: 'a webhook that speaks as RBAC does',
      status: 403,
      body: {
        code: 403,
        reason: 'Forbidden',
        message:
          'admission webhook "w" denied the request: secrets "s" is forbidden: User "u" cannot patch resource "secrets" in API group "" in the namespace "shop": hunter2',
      },
      says: 'refused by the API server (403 Forbidden); what it said is not shown, because the object is secret',
    },
    {
      what: 'an answer that is no status of Kubernetes',
      status: 502,
      body: { message: 'bad gateway: hunter2' },
      says: 'refused by the API server; what it said is not shown, because the object is secret',
    },
  ])('$what', async ({ status, body, says }) => {
    const cluster = await refusing(status, body);
    for (const one of [DECRYPTED, manifest('Secret', 'any')]) {
      const error = await refusalOf(async () => cluster.apply(one));
      expect({ found: error.found, message: error.message }).toEqual({
        found: says,
        message: `${printId(idOf(one))}: ${says}`,
      });
      // What is to be done next is decided by it.
      expect(statusOf(error)).toEqual(body);
    }
  });
});

const INVALID = { code: 422, message: 'data.x: Invalid value: "hunter2"' };

test.each([
  { what: 'edit', work: async (cluster: Cluster) => cluster.edit(idOf(DECRYPTED), []) },
  { what: 'removal', work: async (cluster: Cluster) => cluster.remove(idOf(DECRYPTED)) },
  { what: 'read', work: async (cluster: Cluster) => cluster.read(idOf(DECRYPTED)) },
  {
    what: 'apply in the namespace that it was given',
    work: async (cluster: Cluster) =>
      cluster.apply({ ...DECRYPTED, metadata: { name: 'decrypted', namespace: 'shop' } }),
  },
])('so it is with a refused $what', async ({ work }) => {
  const cluster = await refusing(422, INVALID);
  expect((await refusalOf(async () => work(cluster))).message).not.toContain('hunter2');
});

test('the refusal of another object stays as it is', async () => {
  const cluster = await refusing(422, INVALID);
  expect((await refusalOf(async () => cluster.apply(OPEN))).found).toBe('data.x: Invalid value: "hunter2"');
});

test.each([
  'secrets "s" is forbidden: User "system:serviceaccount:shop:tenant" cannot patch resource "secrets" in API group "" in the namespace "shop"',
  'namespaces "nowhere" not found',
])('what names rights and objects alone stays: %s', async (message) => {
  const cluster = await refusing(403, { code: 403, message });
  expect((await refusalOf(async () => cluster.apply(manifest('Secret', 's')))).found).toBe(message);
});
