import { groupKindOf, type Kind } from '../manifest.ts';

/** What others need to exist, and is waited for. */
const DEFINITIONS: ReadonlySet<string> = new Set([
  'apiextensions.k8s.io/CustomResourceDefinition',
  '/Namespace',
  'rbac.authorization.k8s.io/ClusterRole',
]);

/** The order of kinds within a stage, as Flux v2 has it: what others refer to comes first, what intercepts others last. */
const FIRST = [
  ...DEFINITIONS,
  'rbac.authorization.k8s.io/ClusterRoleBinding',
  '/ResourceQuota',
  '/ServiceAccount',
  'rbac.authorization.k8s.io/Role',
  'rbac.authorization.k8s.io/RoleBinding',
  '/ConfigMap',
  '/Secret',
  '/Service',
  '/LimitRange',
  'apps/Deployment',
  'apps/StatefulSet',
  'batch/CronJob',
  'policy/PodDisruptionBudget',
] as const;
const LAST = [
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
] as const;

const RANKS: ReadonlyMap<string, number> = new Map([
  ...FIRST.map((kind, index) => [kind, index] as const),
  ...LAST.map((kind, index) => [kind, FIRST.length + 1 + index] as const),
]);

/** Objects of one kind, which may be applied at once. */
export type OfKind<T> = readonly T[];

/**
 * Splits objects into the stages that are applied one after the other, as Flux v2 does: definitions and namespaces;
 * classes; the rest; and each stage into kinds, one after the other. The order within a kind stays.
 */
export function intoStages<T>(objects: readonly T[], kindOf: (object: T) => Kind): readonly (readonly OfKind<T>[])[] {
  const stages = Object.groupBy(objects, (object) => stageOf(kindOf(object)));
  return [stages.definitions, stages.classes, stages.rest].flatMap((stage) =>
    stage === undefined ? [] : [intoKinds(stage, kindOf)],
  );
}

/** The order of deletion: the reverse. */
export function inReverse<T>(objects: readonly T[], kindOf: (object: T) => Kind): readonly T[] {
  return intoStages(objects, kindOf).flat(2).toReversed();
}

/** Kinds that nothing is known of go by their names, so that each revision has the same order. */
function intoKinds<T>(objects: readonly T[], kindOf: (object: T) => Kind): readonly OfKind<T>[] {
  const kinds = [...Map.groupBy(objects, (object) => groupKindOf(kindOf(object)))];
  return kinds.toSorted(([a], [b]) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1)).map(([, ofKind]) => ofKind);
}

/** A class is one in each group that has such, by its name: those of gateways, volumes, nodes and clusters. */
function stageOf(kind: Kind): 'definitions' | 'classes' | 'rest' {
  if (DEFINITIONS.has(groupKindOf(kind))) {
    return 'definitions';
  }
  return kind.kind.endsWith('Class') ? 'classes' : 'rest';
}

function rankOf(groupKind: string): number {
  return RANKS.get(groupKind) ?? FIRST.length;
}
