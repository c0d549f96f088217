import { messageOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { type Problem, printProblem } from '../health/problem.ts';
import type { ObjectId } from '../manifest.ts';
import { AGENT_VERSION } from '../version.ts';
import { ConfigMapWriter, type Data } from './config-map-writer.ts';
import type { RevisionObserver, RevisionOutcome } from './revision-observer.ts';

/** What a source is at. */
export type State = 'applying' | 'waiting' | 'healthy' | 'failed' | 'suspended';

/** The label of each status, with the source's name: `kubectl get configmap -l sluice.dev/status`. */
export const STATUS_LABEL = 'sluice.dev/status';
/** While a status has this annotation nothing of its source is applied; the value says why. */
export const SUSPENDED = 'sluice.dev/suspended';

export function statusId(source: string, namespace: string): ObjectId {
  return { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: `sluice-status-${source}` };
}

export interface StatusOptions {
  /** Its name. */
  readonly source: string;
  readonly namespace: string;
  /** What it follows: `https://git.example.com/shop.git (main)` */
  readonly follows: string;
}

/** `https://git.example.com/shop.git (main)`; who it is fetched as is not told. */
export function printTracked(url: string, branch: string): string {
  return `${url.replace(/^([a-z+]+:\/\/)[^/@]*@/, '$1')} (${branch})`;
}

const MOST_PROBLEMS = 50;
const LONGEST_PROBLEM = 500;

/**
 * Shows how a source fares in a ConfigMap that people read. What cannot be written is logged, and written with the
 * next change.
 */
export class StatusWriter implements RevisionObserver {
  readonly #writer: ConfigMapWriter;
  /** What was told of the last revision, whatever failed since. */
  #standing: Data | undefined;

  constructor(cluster: Cluster, options: StatusOptions, log: Log) {
    const { source, namespace, follows } = options;
    const labels = { 'app.kubernetes.io/managed-by': 'sluice-agent', [STATUS_LABEL]: source };
    const data = { source: follows, agentVersion: AGENT_VERSION };
    this.#writer = new ConfigMapWriter(cluster, data, { id: statusId(source, namespace), labels, log });
  }

  /** Why the source is suspended; undefined where it is not. @throws SluiceError `cluster-…` */
  async suspension(): Promise<string | undefined> {
    const found = await this.#writer.read();
    // A replica before this one may have told more than we know.
    this.#writer.data = { ...lastApplied(found), ...this.#writer.data };
    return found?.metadata.annotations?.[SUSPENDED];
  }

  /** Waits until all that was told is written, or was refused. */
  async settled(): Promise<void> {
    await this.#writer.settled();
  }

  applying(revision: string): void {
    if (revision !== this.#writer.data['lastAppliedRevision']) {
      this.#show('applying', 'the revision is being applied', { revision });
    }
  }

  waiting(revision: string, problems: readonly Problem[]): void {
    const message = `not healthy yet: ${problems.length}`;
    this.#show('waiting', message, { revision, problems: printAll(problems.map(printProblem)) });
  }

  applied({ report, isWhole }: RevisionOutcome): void {
    const { revision, healthy, objects, problems, finishedAt } = report;
    const message = healthy
      ? `${objects.length} objects are healthy`
      : `not healthy: ${problems[0]?.slice(0, LONGEST_PROBLEM)}`;
    const isNew = isWhole && this.#writer.data['lastAppliedRevision'] !== revision;
    this.#show(healthy ? 'healthy' : 'failed', message, {
      revision,
      objects: countsOf(report),
      problems: printAll(problems),
      ...(isNew && { lastAppliedRevision: revision, lastAppliedAt: finishedAt }),
    });
    this.#standing = this.#writer.data;
  }

  stands(): void {
    if (this.#standing !== undefined) {
      this.#put(this.#standing);
    }
  }

  failed(error: unknown): void {
    this.#show('failed', messageOf(error));
  }

  suspended(reason: string): void {
    this.#show('suspended', reason);
  }

  resumed(): void {}

  #show(state: State, message: string, more: Data = {}): void {
    const before = this.#writer.data;
    const next: Data = { ...before, problems: '', ...more, state, message };
    const isSame = state === before['state'] && next['revision'] === before['revision'];
    this.#put({ ...next, since: isSame ? (before['since'] ?? '') : new Date().toISOString() });
  }

  #put(next: Data): void {
    const isChanged = Object.entries(next).some(([key, value]) => this.#writer.data[key] !== value);
    if (isChanged || !this.#writer.hasWritten) {
      this.#writer.data = next;
      this.#writer.write();
    }
  }
}

function lastApplied(found: LiveObject | undefined): Data {
  const { lastAppliedRevision, lastAppliedAt } = (found?.['data'] ?? {}) as Data;
  return lastAppliedRevision === undefined || lastAppliedAt === undefined ? {} : { lastAppliedRevision, lastAppliedAt };
}

/** `configured: 2` and so on, a line each. */
function countsOf({ objects }: RevisionOutcome['report']): string {
  const groups = Object.entries(Object.groupBy(objects, ({ action }) => action));
  return groups.map(([action, all]) => `${action}: ${all.length}`).join('\n');
}

/** A line each: https://kubernetes.io/docs/concepts/configuration/configmap/ lets all of it be 1 MiB at most. */
function printAll(problems: readonly string[]): string {
  const lines = problems.slice(0, MOST_PROBLEMS).map((one) => one.slice(0, LONGEST_PROBLEM));
  const rest = problems.length - lines.length;
  return [...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n');
}
