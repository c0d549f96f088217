import { expect, test } from 'vitest';
import { inReverse, intoStages } from '../../../../infra/agent/order/stages.ts';

const API_VERSIONS: Readonly<Record<string, string>> = {
  Deployment: 'apps/v1',
  ValidatingWebhookConfiguration: 'admissionregistration.k8s.io/v1',
  StorageClass: 'storage.k8s.io/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
  ClusterRole: 'rbac.authorization.k8s.io/v1',
  Role: 'rbac.authorization.k8s.io/v1',
  RoleBinding: 'rbac.authorization.k8s.io/v1',
  Job: 'batch/v1',
};
const id = (kind: string) => ({ apiVersion: API_VERSIONS[kind] ?? 'v1', kind });
const kinds = [
  'Deployment',
  'Widget',
  'ValidatingWebhookConfiguration',
  'Service',
  'StorageClass',
  'ConfigMap',
  'Namespace',
  'CustomResourceDefinition',
];

test('definitions first, then classes, then the rest by kind, and what intercepts others last', () => {
  expect(intoStages(kinds, id)).toEqual([
    [['CustomResourceDefinition'], ['Namespace']],
    [['StorageClass']],
    [['ConfigMap'], ['Service'], ['Deployment'], ['Widget'], ['ValidatingWebhookConfiguration']],
  ]);
});

test('deletion goes the other way', () => {
  expect(inReverse(kinds, id)).toEqual(intoStages(kinds, id).flat(2).toReversed());
});

test.each([
  { first: 'Role', next: 'RoleBinding' },
  { first: 'ServiceAccount', next: 'Secret' },
  { first: 'ServiceAccount', next: 'Pod' },
  { first: 'Secret', next: 'Deployment' },
  { first: 'ConfigMap', next: 'Job' },
  { first: 'LimitRange', next: 'Pod' },
])('a $first goes before a $next, and both before the next of their kinds', ({ first, next }) => {
  expect(intoStages([next, first, next, first], id)).toEqual([
    [
      [first, first],
      [next, next],
    ],
  ]);
});

test.each(['Namespace', 'CustomResourceDefinition', 'ClusterRole', 'Role', 'ValidatingWebhookConfiguration'])(
  'a %s of another group is like any kind that nothing is known of',
  (kind) => {
    const own = ['example.com/Zebra', `example.com/${kind}`, 'example.com/Ant'].map((one) => {
      const [group, name = ''] = one.split('/');
      return { apiVersion: `${group}/v1`, kind: name };
    });
    const [stage, ...more] = intoStages(own, (one) => one);
    expect(more).toEqual([]);
    expect(stage?.flat().map((one) => one.kind)).toEqual(['Ant', kind, 'Zebra'].toSorted());
  },
);
