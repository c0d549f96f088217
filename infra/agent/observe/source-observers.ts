import type { Log } from '../../../shared/log.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { EventWriter } from './events.ts';
import { combineObservers, type RevisionObserver } from './revision-observer.ts';
import { type StatusOptions, StatusWriter } from './status.ts';

/** All that is told of a source within the cluster, and by figures. */
export interface SourceObservers {
  readonly observer: RevisionObserver;
  /** Why the source is suspended; undefined where it is not. @throws SluiceError `cluster-…` */
  readonly suspension: StatusWriter['suspension'];
  /** Waits until what was told is written. */
  readonly settled: () => Promise<void>;
}

/**
 * Opens the status and the Events of a source.
 *
 * @param clusters where the status stands, by the agent's own rights; and the cluster as who applies objects has it, who
 * writes their Events too: else an object's manifest could have the agent write Events anywhere
 * @param instance which replica tells it
 * @param others are told as well
 */
export function openSourceObservers(
  clusters: { readonly own: Cluster; readonly applying: Cluster },
  instance: string,
  options: StatusOptions,
  log: Log,
  others: readonly RevisionObserver[] = [],
): SourceObservers {
  const board = new StatusWriter(clusters.own, options, log);
  const events = new EventWriter(clusters.applying, instance, log);
  let telling = Promise.resolve();
  const eventObserver: RevisionObserver = {
    applying() {},
    waiting() {},
    stands() {},
    applied(outcome) {
      telling = telling.then(async () => events.tell(outcome));
    },
    failed() {},
    suspended() {},
    resumed() {},
  };
  return {
    observer: combineObservers([board, eventObserver, ...others]),
    suspension: async () => board.suspension(),
    async settled() {
      await Promise.all([board.settled(), telling]);
    },
  };
}
