import { messageOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { Cluster, LiveObject } from '../cluster/cluster.ts';
import { printProblem } from '../health/problem.ts';
import type { Manifest, ObjectId } from '../manifest.ts';
import { AGENT_VERSION } from '../version.ts';
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

/** How a source fares, as a ConfigMap that people read. */
export interface StatusWriter extends RevisionObserver {
  /** Why the source is suspended; undefined where it is not. @throws SluiceError `cluster-…` */
  readonly suspension: () => Promise<string | undefined>;
  /** Waits until all that was told is written, or was refused. */
  readonly settled: () => Promise<void>;
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

type Data = Readonly<Record<string, string>>;

const MOST_PROBLEMS = 50;
const LONGEST_PROBLEM = 500;

/** Keeps the status of a source. What cannot be written is logged, and written with the next change. */
export function openStatus(cluster: Cluster, { source, namespace, follows }: StatusOptions, log: Log): StatusWriter {
  const id = statusId(source, namespace);
  let data: Data = { source: follows, agentVersion: AGENT_VERSION };
  /** What was told of the last revision, whatever failed since. */
  let standing: Data | undefined;
  let written: Data | undefined;
  let writing: Promise<void> | undefined;

  const write = async () => {
    while (data !== written) {
      const next = data;
      try {
        await cluster.apply(manifestOf(id, source, next));
        written = next;
      } catch (error) {
        log.warn('status not written', { state: next['state'], error });
        return;
      }
    }
  };
  const show = (state: State, message: string, more: Data = {}) => {
    const next: Data = { ...data, problems: '', ...more, state, message };
    const isSame = state === data['state'] && next['revision'] === data['revision'];
    put({ ...next, since: isSame ? (data['since'] ?? '') : new Date().toISOString() });
  };
  const put = (next: Data) => {
    if (written === undefined || Object.entries(next).some(([key, value]) => data[key] !== value)) {
      data = next;
      writing ??= write().finally(() => {
        writing = undefined;
      });
    }
  };

  return {
    async suspension() {
      const found = await cluster.read(id);
      // A replica before this one may have told more than we know.
      data = { ...lastApplied(found), ...data };
      return found?.metadata.annotations?.[SUSPENDED];
    },
    async settled() {
      await writing;
    },
    applying(revision) {
      if (revision !== data['lastAppliedRevision']) {
        show('applying', 'the revision is being applied', { revision });
      }
    },
    waiting(revision, problems) {
      const message = `not healthy yet: ${problems.length}`;
      show('waiting', message, { revision, problems: printAll(problems.map(printProblem)) });
    },
    applied({ report, isWhole }) {
      const { revision, healthy, objects, problems, finishedAt } = report;
      const message = healthy
        ? `${objects.length} objects are healthy`
        : `not healthy: ${problems[0]?.slice(0, LONGEST_PROBLEM)}`;
      show(healthy ? 'healthy' : 'failed', message, {
        revision,
        objects: countsOf(report),
        problems: printAll(problems),
        ...(isWhole && data['lastAppliedRevision'] !== revision
          ? { lastAppliedRevision: revision, lastAppliedAt: finishedAt }
          : {}),
      });
      standing = data;
    },
    stands() {
      if (standing !== undefined) {
        put(standing);
      }
    },
    failed: (error) => show('failed', messageOf(error)),
    suspended: (reason) => show('suspended', reason),
    resumed() {},
  };
}

function manifestOf({ apiVersion, kind, name, namespace }: ObjectId, source: string, data: Data): Manifest {
  const labels = { 'app.kubernetes.io/managed-by': 'sluice-agent', [STATUS_LABEL]: source };
  return { apiVersion, kind, metadata: { name, namespace, labels }, data };
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
