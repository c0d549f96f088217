import { createHash } from 'node:crypto';
import { isRecord } from './fields.ts';
import { type ApiObject, RESOURCES, type RequestTarget } from './resources.ts';
import type { ObjectEvent, Store } from './store.ts';

/** Rolls Deployments out, without running anything: pods are made and become ready. */
export class DeploymentController {
  readonly #store: Store;
  readonly #stepMillis: number;
  readonly #canPull: (image: string) => Promise<boolean>;
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #isStopped = false;

  /**
   * @param stepMillis how long one pod takes to become ready
   * @param canPull is the image to be had? A pod whose image is not waits for it.
   */
  constructor(store: Store, stepMillis: number, canPull: (image: string) => Promise<boolean>) {
    this.#store = store;
    this.#stepMillis = stepMillis;
    this.#canPull = canPull;
  }

  /** Is told of every change in the store. */
  observe({ type, object }: ObjectEvent): void {
    if (object.kind !== 'Deployment') {
      return;
    }
    const target = targetFor('deployments', object);
    if (type === 'DELETED') {
      for (const pod of podsOf(this.#store, object)) {
        this.#store.remove(targetFor('pods', pod));
      }
    } else if (!this.#timers.has(keyOf(target)) && !isSettled(object)) {
      this.#schedule(target, FIRST_MILLIS);
    }
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) {
      clearTimeout(timer);
    }
  }

  #schedule(target: RequestTarget, millis: number): void {
    const timer = setTimeout(() => void this.#advance(target), millis);
    this.#timers.set(keyOf(target), timer);
  }

  async #advance(target: RequestTarget): Promise<void> {
    const asked = imagesOf(this.#store.get(target));
    const missing = await this.#missingOf(asked);
    const deployment = this.#store.get(target);
    const isSame = imagesOf(deployment).join() === asked.join();
    const isToStep = deployment !== undefined && isSame && !this.#isStopped;
    const next = isToStep ? step(deployment, this.#store, missing) : undefined;
    if (next !== undefined) {
      // The timer that has just ended still stands in the map: this change of our own starts none.
      this.#store.put(target, next.deployment);
    }
    this.#timers.delete(keyOf(target));
    if (!this.#isStopped && deployment !== undefined && next?.isDone !== true) {
      this.#schedule(target, this.#stepMillis);
    }
  }

  async #missingOf(images: readonly string[]): Promise<ReadonlySet<string>> {
    const answers = await Promise.all(images.map(async (image) => this.#canPull(image).catch(() => false)));
    return new Set(images.filter((_image, index) => answers[index] !== true));
  }
}

/** From a change to the first step. */
const FIRST_MILLIS = 10;

interface Step {
  readonly deployment: ApiObject;
  readonly isDone: boolean;
}

/** One more pod of the new template, one fewer of the old; an old one stays where the new ones cannot start. */
function step(deployment: ApiObject, store: Store, missing: ReadonlySet<string>): Step {
  const wanted = replicasOf(deployment);
  const hash = templateHash(deployment);
  const pods = podsOf(store, deployment);
  const isSeen = fieldOf(deployment['status'], 'observedGeneration') === deployment.metadata.generation;
  const isNew = (pod: ApiObject) => pod.metadata.name.includes(`-${hash}-`);
  const fresh = pods.filter(isNew);
  const old = pods.filter((pod) => !isNew(pod));
  for (const pod of fresh.filter((one) => isReady(one) !== (missing.size === 0))) {
    store.put(targetFor('pods', pod), { ...pod, status: podStatus(pod['spec'], missing) });
  }
  if (isSeen && fresh.length < wanted) {
    const pod = podFor(deployment, hash, fresh.length, missing);
    store.put(targetFor('pods', pod), pod);
  }
  const surplus = isSeen ? [...(missing.size === 0 ? old.slice(0, 1) : []), ...fresh.slice(wanted)] : [];
  for (const pod of surplus) {
    store.remove(targetFor('pods', pod));
  }
  const now = podsOf(store, deployment);
  const updated = now.filter(isNew).length;
  const ready = now.filter(isReady).length;
  const isDone = updated === wanted && now.length === wanted && ready === wanted;
  const status = {
    observedGeneration: deployment.metadata.generation,
    replicas: now.length,
    updatedReplicas: updated,
    readyReplicas: ready,
    availableReplicas: ready,
    conditions: [
      { type: 'Available', status: ready >= wanted ? 'True' : 'False' },
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
    fieldOf(status, 'replicas') === replicasOf(deployment) &&
    fieldOf(status, 'readyReplicas') === replicasOf(deployment)
  );
}

function podFor(deployment: ApiObject, hash: string, index: number, missing: ReadonlySet<string>): ApiObject {
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
    status: podStatus(fieldOf(template, 'spec'), missing),
  };
}

/** As a kubelet tells it. */
function podStatus(spec: unknown, missing: ReadonlySet<string>): object {
  const conditions = [{ type: 'Ready', status: missing.size === 0 ? 'True' : 'False' }];
  if (missing.size === 0) {
    return { phase: 'Running', conditions };
  }
  const containerStatuses = containersOf(spec).map((container) => {
    const image = String(fieldOf(container, 'image'));
    const state = missing.has(image)
      ? { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}": not found` } }
      : { running: {} };
    return { name: fieldOf(container, 'name'), image, ready: false, restartCount: 0, state };
  });
  return { phase: 'Pending', conditions, containerStatuses };
}

function isReady(pod: ApiObject): boolean {
  const conditions = fieldOf(pod['status'], 'conditions');
  return Array.isArray(conditions) && conditions.some((one) => fieldOf(one, 'status') === 'True');
}

function containersOf(spec: unknown): readonly unknown[] {
  return ['initContainers', 'containers'].flatMap((field) => {
    const containers = fieldOf(spec, field);
    return Array.isArray(containers) ? containers : [];
  });
}

function imagesOf(deployment: ApiObject | undefined): readonly string[] {
  const spec = fieldOf(fieldOf(deployment?.['spec'], 'template'), 'spec');
  return containersOf(spec).map((container) => String(fieldOf(container, 'image')));
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

function targetFor(plural: string, { metadata }: ApiObject): RequestTarget {
  const resource = RESOURCES.find(({ name }) => name === plural);
  if (resource === undefined) {
    throw new Error(`${plural}: expected a resource of this API`);
  }
  return { resource, namespace: metadata.namespace ?? '', name: metadata.name };
}

function keyOf({ namespace, name }: RequestTarget): string {
  return `${namespace}/${name}`;
}

function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}
