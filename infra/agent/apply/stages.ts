import type { ObjectId } from '../manifest.ts';

/** What others need to exist, and is waited for. */
const DEFINITIONS: ReadonlySet<string> = new Set(['CustomResourceDefinition', 'Namespace', 'ClusterRole']);

/** The order of kinds within a stage: what others refer to comes first, what intercepts others last. */
const ORDER = [
  'CustomResourceDefinition',
  'Namespace',
  'ClusterRole',
  'ClusterRoleBinding',
  'ResourceQuota',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'Service',
  'LimitRange',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
] as const;
const LAST = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const;

const RANKS: ReadonlyMap<string, number> = new Map([
  ...ORDER.map((kind, index) => [kind, index] as const),
  ...LAST.map((kind, index) => [kind, ORDER.length + 1 + index] as const),
]);

/**
 * Splits objects into the stages that are applied one after the other, as Flux v2 does: definitions and namespaces;
 * classes; the rest by kind. The order within a kind stays.
 */
export function intoStages<T>(objects: readonly T[], idOf: (object: T) => ObjectId): readonly (readonly T[])[] {
  const stages = Object.groupBy(objects, (object) => stageOf(idOf(object)));
  return [stages.definitions, stages.classes, stages.rest].flatMap((stage) =>
    stage === undefined ? [] : [stage.toSorted((a, b) => rankOf(idOf(a)) - rankOf(idOf(b)))],
  );
}

/** The order of deletion: the reverse. */
export function inReverse<T>(objects: readonly T[], idOf: (object: T) => ObjectId): readonly T[] {
  return intoStages(objects, idOf).flat().toReversed();
}

function stageOf({ kind }: ObjectId): 'definitions' | 'classes' | 'rest' {
  if (DEFINITIONS.has(kind)) {
    return 'definitions';
  }
  return kind.endsWith('Class') ? 'classes' : 'rest';
}

function rankOf({ kind }: ObjectId): number {
  return RANKS.get(kind) ?? ORDER.length;
}
