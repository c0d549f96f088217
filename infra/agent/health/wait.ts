import { setTimeout as sleep } from 'node:timers/promises';
import { isSluiceError } from '../../../shared/errors.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { OWNER_LABEL } from '../inventory/inventory.ts';
import { idOf, keyOf, type ObjectId } from '../manifest.ts';
import { explainProblems, type Unhealthy } from './explain.ts';

import { type Problem, printProblem } from './problem.ts';
import type { Health } from './rule.ts';

const FIRST_LOOK_MILLIS = 200;
const LONGEST_LOOK_MILLIS = 2000;
const GROWTH = 1.5;
/** From so many of a kind on they are listed; fewer are read. */
const LIST_FROM = 3;

/** Judges how far an object is. */
export type Judge = (object: LiveObject) => Health;

/**
 * Waits until all of these are healthy by a judge, one of them has failed, or the time is over.
 *
 * @param told is called with what is waited for, whenever that changes
 * @returns the ones that are not healthy, with what is wrong with their pods
 * @throws SluiceError `cluster-unreachable`
 */
export async function waitForHealth(
  cluster: Cluster,
  objects: readonly LiveObject[],
  timeoutMillis: number,
  signal: AbortSignal,
  judge: Judge,
  told: (waiting: readonly Problem[]) => void,
): Promise<readonly Problem[]> {
  const until = performance.now() + timeoutMillis;
  let waiting = objects.flatMap((object) => problemOf(object, judge));
  let said = '';
  for (let pause = FIRST_LOOK_MILLIS; waiting.length > 0; pause = Math.min(pause * GROWTH, LONGEST_LOOK_MILLIS)) {
    const words = waiting.map(printProblem).join('\n');
    if (words !== said) {
      said = words;
      told(waiting.map(({ id, reason }) => ({ id, reason })));
    }
    if (waiting.some(({ state }) => state === 'failed') || performance.now() >= until || signal.aborted) {
      return explainProblems(cluster, waiting);
    }
    await sleep(Math.min(pause, until - performance.now()), undefined, { signal }).catch(() => {});
    waiting = (await lookAgain(cluster, waiting)).flatMap((object) => problemOf(object, judge));
  }
  return [];
}

interface Waiting extends Unhealthy {
  readonly state: 'progressing' | 'failed';
}

function problemOf(object: LiveObject | ObjectId, judge: Judge): readonly Waiting[] {
  if (!('metadata' in object)) {
    return [{ id: object, state: 'failed', reason: 'it was deleted meanwhile' }];
  }
  const health = judge(object);
  return health.state === 'healthy' ? [] : [{ id: idOf(object), live: object, ...health }];
}

/** One request for each kind, however many are waited for. */
async function lookAgain(cluster: Cluster, waiting: readonly Waiting[]): Promise<readonly (LiveObject | ObjectId)[]> {
  const kinds = Map.groupBy(waiting, ({ id }) => `${id.apiVersion} ${id.kind}`);
  const looks = await Promise.all(
    [...kinds.values()].map(async (ofKind) => {
      const listed = ofKind.length < LIST_FROM ? NONE : await listKind(cluster, ofKind);
      return Promise.all(
        // What is not in the list may have lost its label.
        ofKind.map(async ({ id }) => listed.get(keyOf(id)) ?? (await cluster.read(id)) ?? id),
      );
    }),
  );
  return looks.flat();
}

const NONE: ReadonlyMap<string, LiveObject> = new Map();

async function listKind(cluster: Cluster, ofKind: readonly Waiting[]): Promise<ReadonlyMap<string, LiveObject>> {
  const [first] = ofKind;
  if (first === undefined) {
    return NONE;
  }
  const { apiVersion, kind, namespace } = first.id;
  const owner = first.live?.metadata.labels?.[OWNER_LABEL];
  const options = {
    ...(ofKind.every(({ id }) => id.namespace === namespace) ? { namespace } : {}),
    ...(owner === undefined ? {} : { labelSelector: `${OWNER_LABEL}=${owner}` }),
  };
  try {
    const found = await cluster.list({ apiVersion, kind }, options);
    return new Map(found.map((object) => [keyOf(idOf(object)), object]));
  } catch (error) {
    // Who may not list in all namespaces may still read each object.
    if (isSluiceError(error, 'cluster-refused')) {
      return NONE;
    }
    throw error;
  }
}
