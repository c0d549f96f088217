import { expect, test } from 'vitest';
import { inReverse, intoStages } from '../../../../infra/agent/apply/stages.ts';

const id = (kind: string) => ({ apiVersion: 'v1', kind, namespace: '', name: 'a' });
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
    ['CustomResourceDefinition', 'Namespace'],
    ['StorageClass'],
    ['ConfigMap', 'Service', 'Deployment', 'Widget', 'ValidatingWebhookConfiguration'],
  ]);
});

test('deletion goes the other way', () => {
  expect(inReverse(kinds, id)).toEqual(intoStages(kinds, id).flat().toReversed());
});
