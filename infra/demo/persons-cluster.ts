import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../shared/errors.ts';
import { type ApiClient, expectOk, openApiClient } from '../agent/cluster/client.ts';
import type { LiveObject } from '../agent/cluster/cluster.ts';
import { clusterAccess } from '../agent/cluster/kubeconfig.ts';
import { podFault } from '../agent/health/pod-fault.ts';

/** Holds the id of the run that made a namespace. */
const LABEL = 'sluice.dev/demo';
/** https://kwok.sigs.k8s.io/docs/user/kwok-manage-nodes-and-pods/ */
const PRETENDED = 'kwok.x-k8s.io/node';
const REQUEST_MILLIS = 10_000;
const REMOVAL_MILLIS = 60_000;
const PAUSE_MILLIS = 500;

interface Namespace {
  readonly metadata: { readonly uid: string; readonly labels?: Readonly<Record<string, string>> };
}

/** A cluster that is not the demo's own: the demo has one namespace in it, and touches nothing else. */
export class PersonsCluster {
  readonly #ask: ApiClient;
  readonly #context: string;

  private constructor(context: string, ask: ApiClient) {
    this.#context = context;
    this.#ask = ask;
  }

  /**
   * @param variables those of the environment that say where the kubeconfig is
   * @throws SluiceError `cluster-unreachable` for a context that is not there
   */
  static async open(context: string, variables: Readonly<Record<string, string | undefined>>): Promise<PersonsCluster> {
    return new PersonsCluster(
      context,
      openApiClient(await clusterAccess(undefined, context, variables), REQUEST_MILLIS),
    );
  }

  /**
   * Refuses a cluster whose nodes would have to pull the demo's own images.
   *
   * @throws SluiceError `config-invalid`; `cluster-…` where it does not answer, or not us
   */
  async needsNoPull(): Promise<void> {
    const reply = await this.#ask({ path: '/api/v1/nodes' });
    const { status, body } = reply;
    if (status !== 403) {
      expectOk(reply, `context ${this.#context}`);
    }
    const { items = [] } = (body ?? {}) as { readonly items?: readonly LiveObject[] };
    const arePretended = items.every(({ metadata }) => metadata.annotations?.[PRETENDED] === 'fake');
    if (status !== 200 || !arePretended) {
      throw new SluiceError({
        code: 'config-invalid',
        subject: `context ${this.#context}`,
        expected: 'an image that this cluster can pull',
        found: "only the demo's own, which are in a registry on this machine's loopback and hold no program",
        next: `Name an image of yours with two tags, the second built later: npm start -- --context ${this.#context} --image registry.example.com/app:1.0.0 --next 1.1.0`,
      });
    }
  }

  /** @throws SluiceError `cluster-refused` */
  async createNamespace(name: string, run: string): Promise<void> {
    const metadata = { name, labels: { [LABEL]: run } };
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata };
    const reply = await this.#ask({
      method: 'POST',
      path: '/api/v1/namespaces',
      contentType: 'application/json',
      body,
    });
    expectOk(reply, this.#subject(name));
  }

  /**
   * Deletes the namespace that a run made, with all that is in it, and waits until it is gone. One of the same name
   * that another made stays.
   *
   * @throws SluiceError `cluster-…`, or `not-healthy` where it does not go
   */
  async removeNamespace(name: string, run: string): Promise<void> {
    const path = `/api/v1/namespaces/${name}`;
    const until = performance.now() + REMOVAL_MILLIS;
    let isAsked = false;
    for (;;) {
      const reply = await this.#ask({ path });
      if (reply.status === 404) {
        return;
      }
      const { metadata } = expectOk(reply, this.#subject(name)) as Namespace;
      if (metadata.labels?.[LABEL] !== run) {
        return;
      }
      if (!isAsked) {
        const body = { preconditions: { uid: metadata.uid } };
        const gone = await this.#ask({ method: 'DELETE', path, contentType: 'application/json', body });
        if (gone.status !== 404) {
          expectOk(gone, this.#subject(name));
        }
        isAsked = true;
      }
      if (performance.now() > until) {
        const found = `it is still there after ${REMOVAL_MILLIS / 1000} s`;
        const next = `See what holds it: kubectl --context ${this.#context} get namespace ${name} -o yaml`;
        throw new SluiceError({ code: 'not-healthy', subject: this.#subject(name), found, next });
      }
      await sleep(PAUSE_MILLIS);
    }
  }

  /** What keeps the pods of a namespace from starting, in one sentence; undefined where nothing is known to. */
  async podFault(namespace: string): Promise<string | undefined> {
    const { body } = await this.#ask({ path: `/api/v1/namespaces/${namespace}/pods` });
    const { items = [] } = (body ?? {}) as { readonly items?: readonly LiveObject[] };
    for (const pod of items) {
      const reason = pod.metadata.deletionTimestamp === undefined ? podFault(pod)?.reason : undefined;
      if (reason !== undefined) {
        return `pod ${pod.metadata.name}: ${reason}`;
      }
    }
    return undefined;
  }

  #subject(namespace: string): string {
    return `namespace ${namespace} of context ${this.#context}`;
  }
}
