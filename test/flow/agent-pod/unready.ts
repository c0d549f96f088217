import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../cluster/daemon.ts';
import { kubectl } from '../installation.ts';
import { PATIENTLY } from './observed.ts';
import type { PodStage } from './stage.ts';

const CLI = fileURLToPath(new URL('../../../infra/cli/main.ts', import.meta.url));
const PODS = '/api/v1/namespaces/sluice/pods';

interface PodList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: {
      readonly phase: string;
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    };
  }[];
}

/** An agent that does not come up, as where its Git host is away. */
export function unready(stage: () => PodStage): void {
  describe('an agent whose pods are not ready', () => {
    test('holds up no drain: each of them may be evicted', async () => {
      const { cluster, image } = stage();
      // Nothing listens there.
      const flags = ['--git-url', 'http://127.0.0.1:9/away.git', '--name', 'away', '--target-namespace', 'default'];
      const { stdout } = await promisify(execFile)(process.execPath, [CLI, 'install', ...flags, '--image', image]);
      await kubectl(cluster, ['apply', '-f', '-'], stdout);
      const running = async () => {
        const found = (await cluster.api.get(`${PODS}?labelSelector=app.kubernetes.io%2Finstance%3Daway`)) as PodList;
        const pods = found.items.filter(({ status }) => status.phase === 'Running');
        return pods.length === 2 ? pods : undefined;
      };
      const pods = await waitFor('both pods run', running, PATIENTLY);
      const evicted = await Promise.all(
        pods.map(async ({ metadata: { name }, status }) => {
          const ready = status.conditions?.find(({ type }) => type === 'Ready')?.status;
          const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace: 'sluice' } };
          return {
            ready,
            answer: (await cluster.api.request(`${PODS}/${name}/eviction`, { method: 'POST', body })).status,
          };
        }),
      );
      const isLetGo = { ready: 'False', answer: 201 };
      expect(evicted).toEqual([isLetGo, isLetGo]);
      await kubectl(cluster, ['delete', '-f', '-', '--wait=false'], withoutNamespace(stdout));
    });
  });
}

/** The namespace is that of the other agents too. */
function withoutNamespace(manifests: string): string {
  return manifests
    .split(/^---\n/m)
    .filter((text) => !/^kind: Namespace$/m.test(text))
    .join('---\n');
}
