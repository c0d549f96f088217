import { createHash } from 'node:crypto';
import { isRecord } from './fields.ts';
import { type ApiObject, RESOURCES, type Target } from './resources.ts';
import type { ObjectEvent, Store } from './store.ts';

/** Rolls Deployments out, without running anything: pods are made and become ready. */
export interface DeploymentController {
  observe(event: ObjectEvent): void;
  stop(): void;
}

/**
 * @param stepMillis how long one pod takes to become ready
 */
export function startDeploymentController(store: () => Store, stepMillis: number): DeploymentController {
  const timers = new Map<string, NodeJS.Timeout>();
  const advance = (target: Target) => {
    const deployment = store().get(target);
    const next = deployment === undefined ? undefined : step(deployment, store());
    if (next !== undefined) {
      // The timer that has just ended still stands in the map: this change of our own starts none.
      store().put(target, next.deployment);
    }
    timers.delete(keyOf(target));
    if (next?.isDone === false) {
      timers.set(keyOf(target), setTimeout(advance, stepMillis, target));
    }
  };
  return {
    observe({ type, object }) {
      if (object.kind !== 'Deployment') {
        return;
      }
      const target = targetFor('deployments', object);
      if (type === 'DELETED') {
        for (const pod of podsOf(store(), object)) {
          store().remove(targetFor('pods', pod));
        }
      } else if (!timers.has(keyOf(target)) && !isSettled(object)) {
        timers.set(keyOf(target), setTimeout(advance, 10, target));
      }
    },
    stop() {
      for (const timer of timers.values()) {
        clearTimeout(timer);
      }
    },
  };
}

interface Step {
  readonly deployment: ApiObject;
  readonly isDone: boolean;
}

/** One more pod of the new template, one fewer of the old. */
function step(deployment: ApiObject, store: Store): Step {
  const wanted = replicasOf(deployment);
  const hash = templateHash(deployment);
  const pods = podsOf(store, deployment);
  const isSeen = fieldOf(deployment['status'], 'observedGeneration') === deployment.metadata.generation;
  const isNew = (pod: ApiObject) => pod.metadata.name.includes(`-${hash}-`);
  const fresh = pods.filter(isNew);
  const old = pods.filter((pod) => !isNew(pod));
  if (isSeen && fresh.length < wanted) {
    const pod = podFor(deployment, hash, fresh.length);
    store.put(targetFor('pods', pod), pod);
  }
  const surplus = isSeen ? [...old.slice(0, 1), ...fresh.slice(wanted)] : [];
  for (const pod of surplus) {
    store.remove(targetFor('pods', pod));
  }
  const now = podsOf(store, deployment);
  const updated = now.filter(isNew).length;
  const isDone = updated === wanted && now.length === wanted;
  const status = {
    observedGeneration: deployment.metadata.generation,
    replicas: now.length,
    updatedReplicas: updated,
    readyReplicas: now.length,
    availableReplicas: now.length,
    conditions: [
      { type: 'Available', status: now.length >= wanted ? 'True' : 'False' },
      { type: 'Progressing', status: 'True', reason: isDone ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated' },
    ],
  };
  return { deployment: { ...deployment, status }, isDone };
}

function isSettled(deployment: ApiObject): boolean {
  const { status } = deployment;
  return (
    fieldOf(status, 'observedGeneration') === deployment.metadata.generation &&
    fieldOf(status, 'updatedReplicas') === replicasOf(deployment) &&
    fieldOf(status, 'replicas') === replicasOf(deployment)
  );
}

function podFor(deployment: ApiObject, hash: string, index: number): ApiObject {
  const { name, namespace = 'default' } = deployment.metadata;
  const template = fieldOf(deployment['spec'], 'template');
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${name}-${hash}-${index}`,
      namespace,
      labels: fieldOf(fieldOf(template, 'metadata'), 'labels'),
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name, uid: deployment.metadata.uid, controller: true },
      ],
    },
    spec: fieldOf(template, 'spec'),
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

function podsOf(store: Store, deployment: ApiObject): readonly ApiObject[] {
  const owner = deployment.metadata.uid;
  return store.list({ ...targetFor('pods', deployment), name: '' }).filter(({ metadata }) => {
    const [reference] = Array.isArray(metadata['ownerReferences']) ? metadata['ownerReferences'] : [];
    return fieldOf(reference, 'uid') === owner;
  });
}

function templateHash(deployment: ApiObject): string {
  const template = JSON.stringify(fieldOf(deployment['spec'], 'template'));
  return createHash('sha256').update(template).digest('hex').slice(0, 10);
}

function replicasOf(deployment: ApiObject): number {
  const replicas = fieldOf(deployment['spec'], 'replicas');
  return typeof replicas === 'number' ? replicas : 1;
}

function targetFor(plural: string, { metadata }: ApiObject): Target {
  const resource = RESOURCES.find(({ name }) => name === plural);
  if (resource === undefined) {
    throw new Error(`${plural}: expected a resource of this API`);
  }
  return { resource, namespace: metadata.namespace ?? '', name: metadata.name };
}

function keyOf({ namespace, name }: Target): string {
  return `${namespace}/${name}`;
}

function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}
