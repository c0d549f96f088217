import { expect, test } from 'vitest';
import { printApart } from '../../../infra/agent/manifest.ts';

const at = (apiVersion: string, kind: string, name = 'web') => ({ apiVersion, kind, namespace: 'shop', name });

test.each([
  {
    name: 'a service of the core beside one of Knative has its plain name',
    ids: [at('v1', 'Service'), at('serving.knative.dev/v1', 'Service')],
    expected: ['service/shop/web', 'service.serving.knative.dev/shop/web'],
  },
  {
    name: 'two of named groups have both their group',
    ids: [at('extensions/v1beta1', 'Ingress'), at('networking.k8s.io/v1', 'Ingress')],
    expected: ['ingress.extensions/shop/web', 'ingress.networking.k8s.io/shop/web'],
  },
  {
    name: 'others of the kind do not',
    ids: [at('extensions/v1beta1', 'Ingress', 'a'), at('networking.k8s.io/v1', 'Ingress', 'b')],
    expected: ['ingress/shop/a', 'ingress/shop/b'],
  },
  {
    name: 'one object in two versions of its group is one',
    ids: [at('apps/v1', 'Deployment'), at('apps/v1beta1', 'Deployment')],
    expected: ['deployment/shop/web', 'deployment/shop/web'],
  },
])('objects of one kind name are told apart: $name', ({ ids, expected }) => {
  expect(ids.map(printApart(ids))).toEqual(expected);
});
