import { createHash } from 'node:crypto';
import { isSluiceError } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { ObjectAction } from '../../../shared/queue/messages.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { keyOf, type Manifest, type ObjectId, printId } from '../manifest.ts';
import type { RevisionOutcome } from './revision-observer.ts';

/** What is told of an object by an Event. */
interface Told {
  readonly id: ObjectId;
  readonly live: LiveObject | undefined;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

const TOLD: Partial<Record<ObjectAction, Pick<Told, 'type' | 'reason'>>> = {
  failed: { type: 'Warning', reason: 'ApplyFailed' },
  pruned: { type: 'Normal', reason: 'Pruned' },
  configured: { type: 'Normal', reason: 'Configured' },
  created: { type: 'Normal', reason: 'Created' },
};
/** What is told first where not all can be. */
const ORDER = ['ApplyFailed', 'Unhealthy', 'Pruned', 'Configured', 'Created'];
/** For one revision. The first revision of a large repository would fill the cluster with Events otherwise. */
const MOST_EVENTS = 50;
/** How many Events are remembered, to count them when they come again. */
const MOST_REMEMBERED = 1000;
/** The API takes at most 1024 bytes: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
const LONGEST_MESSAGE = 900;

/** Writes Events on objects. */
export class EventWriter {
  readonly #cluster: Cluster;
  readonly #instance: string;
  readonly #log: Log;
  /** When an Event was first told, and how often, by its name; the latest last. */
  readonly #remembered = new Map<string, { readonly first: string; readonly count: number }>();

  /** @param instance which replica tells it */
  constructor(cluster: Cluster, instance: string, log: Log) {
    this.#cluster = cluster;
    this.#instance = instance;
    this.#log = log;
  }

  /** Tells what a revision changed and what is wrong with it; an Event that was there already is counted. It never throws. */
  async tell(outcome: RevisionOutcome): Promise<void> {
    const all = toldOf(outcome).toSorted((a, b) => ORDER.indexOf(a.reason) - ORDER.indexOf(b.reason));
    const { revision } = outcome.report;
    try {
      const refused = await this.#write(all.slice(0, MOST_EVENTS));
      if (all.length > MOST_EVENTS) {
        this.#log.info('events left out', { revision, count: all.length - MOST_EVENTS });
      }
      if (refused.length > 0) {
        this.#log.warn('events not written', { revision, count: refused.length, error: refused[0] });
      }
    } catch (error) {
      this.#log.warn('events not written', { revision, error });
    }
  }

  /** Returns the refusals. */
  async #write(all: readonly Told[]): Promise<readonly unknown[]> {
    const refused: unknown[] = [];
    for (const one of all) {
      // Where objects may not be applied, Events may not be written either.
      await this.#cluster.apply(this.#eventOf(one)).catch((error: unknown) => refused.push(refusal(error)));
    }
    return refused;
  }

  #eventOf({ id, live, type, reason, message }: Told): Manifest {
    const now = new Date().toISOString().replace(/\.\d+/, '');
    const name = nameOf(id, reason, message);
    const { first, count } = this.#count(name, now);
    const { uid, resourceVersion } = live?.metadata ?? {};
    const { apiVersion, kind } = id;
    const involvedObject = {
      ...{ apiVersion, kind, name: id.name },
      ...(id.namespace !== '' && { namespace: id.namespace }),
      ...(uid !== undefined && { uid, resourceVersion }),
    };
    const reporter = { reportingComponent: 'sluice-agent', reportingInstance: this.#instance };
    return {
      apiVersion: 'v1',
      kind: 'Event',
      // Events of objects of the whole cluster are kept there.
      metadata: { name, namespace: id.namespace || 'default' },
      ...{ involvedObject, type, reason, message, count, firstTimestamp: first, lastTimestamp: now },
      ...{ source: { component: 'sluice-agent' }, ...reporter },
    };
  }

  #count(name: string, now: string) {
    const before = this.#remembered.get(name);
    const counted = { first: before?.first ?? now, count: (before?.count ?? 0) + 1 };
    this.#remembered.delete(name);
    this.#remembered.set(name, counted);
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MOST_REMEMBERED && oldest !== undefined) {
      this.#remembered.delete(oldest);
    }
    return counted;
  }
}

/** @throws what is no refusal of one object: the next would fare no better */
function refusal(error: unknown): unknown {
  if (!isSluiceError(error, 'cluster-refused')) {
    throw error;
  }
  return error;
}

function toldOf({ report: { revision }, results, unhealthy }: RevisionOutcome): readonly Told[] {
  const lives = new Map(results.map(({ id, live }) => [keyOf(id), live]));
  const at = revision.slice(0, 12);
  const done = results.flatMap(({ id, live, action, reason }): readonly Told[] => {
    const told = TOLD[action];
    return told === undefined ? [] : [{ id, live, ...told, message: messageOf(`revision ${at}: ${action}`, reason) }];
  });
  const ill = unhealthy.map(
    ({ id, reason }): Told => ({
      ...{ id, live: lives.get(keyOf(id)), type: 'Warning', reason: 'Unhealthy' },
      message: messageOf(`revision ${at}: not healthy`, reason),
    }),
  );
  return [...done, ...ill];
}

function messageOf(what: string, reason: string | undefined): string {
  return (reason === undefined ? what : `${what}: ${reason}`).slice(0, LONGEST_MESSAGE);
}

/** The same for the same Event, so that it is written over. */
function nameOf(id: ObjectId, reason: string, message: string): string {
  const hash = createHash('sha256')
    .update(`${printId(id)} ${reason} ${message}`)
    .digest('hex')
    .slice(0, 16);
  // Roles may have names that an Event may not: `system:reader`.
  return `${id.name.slice(0, 200).replaceAll(/[^a-z0-9.-]/g, '-')}.${hash}`;
}
