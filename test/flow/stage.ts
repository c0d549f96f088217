import { execFileSync } from 'node:child_process';
import type { Cluster, LiveObject } from '../../infra/agent/cluster/cluster.ts';

/** A line of a log. */
export type Line = Readonly<Record<string, unknown>>;

/** Everything that the story plays on: a registry, a repository, a cluster, the runtime and the agent. */
export interface Stage {
  /** `127.0.0.1:5000/hello` */
  readonly image: string;
  /** The bare repository. */
  readonly repository: string;
  /** Where pushes are taken: `http://127.0.0.1:PORT/push/distribution`. */
  readonly pushUrl: string;
  readonly secret: string;
  readonly cluster: Cluster;
  /** Pushes an image to the registry, which tells the runtime. */
  push(tag: string, created: Date): Promise<void>;
  /** What runtime and agent have logged so far. */
  lines(): readonly Line[];
  stop(): Promise<void>;
}

/** Reads a line of output; what is not JSON, a warning of Node say, is kept as its message. */
export function readLine(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return { message: text };
  }
}

/** A commit of the branch, newest first. */
export interface Commit {
  readonly id: string;
  readonly message: string;
}

export function commitsOf(repository: string): readonly Commit[] {
  const log = git(repository, 'log', '--format=%H%x01%B%x02', 'main');
  return log.split('\x02').flatMap((entry) => {
    const [id = '', message = ''] = entry.trim().split('\x01');
    return id === '' ? [] : [{ id, message }];
  });
}

/** The revision that the marker tag stands on, or '' where there is no tag. */
export function markedRevision(repository: string): string {
  return git(repository, 'for-each-ref', '--format=%(*objectname)', 'refs/tags/sluice-sync').trim();
}

export function git(repository: string, ...command: readonly string[]): string {
  return execFileSync('git', ['-C', repository, ...command], { encoding: 'utf8' });
}

/** The image that the Deployment hello runs, once all of its replicas do. */
export async function rolledOutImage(cluster: Cluster): Promise<string | undefined> {
  const live = await cluster.read({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'default', name: 'hello' });
  const { spec, status } = (live ?? {}) as LiveObject & {
    readonly spec?: {
      readonly replicas: number;
      readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
    };
    readonly status?: {
      readonly updatedReplicas?: number;
      readonly replicas?: number;
      readonly observedGeneration?: number;
    };
  };
  const isComplete =
    status?.observedGeneration === live?.metadata.generation &&
    status?.updatedReplicas === spec?.replicas &&
    status?.replicas === spec?.replicas;
  return isComplete ? spec?.template.spec.containers[0]?.image : undefined;
}

/** Waits until a probe gives something. @throws Error that names what was waited for, and the last lines of the logs */
export async function until<T>(
  what: string,
  stage: Pick<Stage, 'lines'>,
  probe: () => T | undefined | Promise<T | undefined>,
  timeoutMillis = 30_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMillis;
  for (;;) {
    const found = await probe();
    if (found !== undefined) {
      return found;
    }
    if (performance.now() > deadline) {
      const last = stage
        .lines()
        .slice(-12)
        .map((line) => JSON.stringify(line));
      throw new Error(`${what}: nothing within ${timeoutMillis / 1000} s. The last lines:\n${last.join('\n')}`);
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 25);
    });
  }
}
