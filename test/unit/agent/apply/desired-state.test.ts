import { expect, test } from 'vitest';
import { desiredState } from '../../../../infra/agent/apply/desired-state.ts';

const labels = { 'sluice.dev/agent': 'shop' };

test.each([
  {
    what: 'labels stay beside ours',
    manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', labels: { tier: 'web' } } },
    is: { metadata: { name: 'a', labels: { tier: 'web', ...labels } } },
  },
  {
    what: 'the plain text of a Secret is encoded, over what is encoded already',
    manifest: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a' },
      data: { a: 'eA==', b: 'eA==' },
      stringData: { b: 'ü' },
    },
    is: { data: { a: 'eA==', b: 'w7w=' } },
  },
  {
    what: 'the field of that name of another kind is its own',
    manifest: { apiVersion: 'example.com/v1', kind: 'Secret', metadata: { name: 'a' }, stringData: { b: 'x' } },
    is: { stringData: { b: 'x' } },
  },
  {
    what: 'what is no map goes to the API server as it is, which says so',
    manifest: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' }, stringData: 'text' },
    is: { stringData: 'text' },
  },
])('$what', ({ manifest, is }) => {
  const before = structuredClone(manifest);
  const result = desiredState(manifest, 'shop');
  expect(result).toMatchObject(is);
  expect('data' in is && 'stringData' in result).toBe(false);
  expect(manifest).toEqual(before);
});
