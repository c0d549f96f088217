import { expect, test } from 'vitest';
import type { Cluster } from '../../../../infra/agent/cluster/cluster.ts';
import { openInventory } from '../../../../infra/agent/prune/inventory.ts';
import { DEFAULT_LIMIT } from '../../../../infra/agent/prune/limit.ts';
import { reconcile } from '../../../../infra/agent/reconcile.ts';
import { recordingLog } from '../../../fakes/recording.ts';
import { openDouble } from '../double.ts';
import { renderTree, type Tree } from '../render/tree.ts';

async function openStage() {
  const { cluster } = await openDouble();
  return async (tree: Tree, over: Partial<Cluster> = {}) => {
    const { report } = await reconcile({ repository: 'r', branch: 'main', commit: 'c1' }, await renderTree(tree), {
      cluster: { ...cluster, ...over },
      inventory: openInventory(cluster, 'shop', 'default'),
      mark: async () => {},
      agent: 'shop',
      prune: { limit: DEFAULT_LIMIT, allow: new Set() },
      healthTimeoutMillis: 5000,
      signal: new AbortController().signal,
      log: recordingLog().log,
      now: Date.now,
    });
    return report.objects.map(({ object, action, reason = '' }) => `${object} ${action} ${reason}`.trim());
  };
}

const object = (kind: string, name: string, annotations = '') =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name}, annotations: { ${annotations} } }\n`;

test('objects of one kind are applied at once, and no two kinds are', async () => {
  const apply = await openStage();
  const { cluster } = await openDouble();
  const underWay: string[] = [];
  const seen: string[][] = [];
  const tree = Object.fromEntries(
    ['Secret', 'ServiceAccount', 'ConfigMap'].flatMap((kind) =>
      ['a', 'b', 'c'].map((name) => [`${kind}-${name}.yml`, object(kind, name)] as const),
    ),
  );
  await apply(tree, {
    async apply(manifest) {
      underWay.push(manifest.kind);
      seen.push([...underWay]);
      const live = await cluster.apply(manifest);
      underWay.splice(underWay.indexOf(manifest.kind), 1);
      return live;
    },
  });
  expect(seen.flatMap((kinds) => (new Set(kinds).size > 1 ? [kinds] : []))).toEqual([]);
  expect(Math.max(...seen.map((kinds) => kinds.length))).toBe(3);
  expect([...new Set(seen.flat())]).toEqual(['ServiceAccount', 'ConfigMap', 'Secret']);
});

const WAVE = 'argocd.argoproj.io/sync-wave: "1"';
const BROKEN = { 'k/kustomization.yaml': 'resources: [a.yml]\n', 'k/a.yml': object('ConfigMap', 'k') };
const HELD =
  'configmap/default/a skipped it waits for k/kustomization.yaml, which cannot be read and may have to come before it';
test.each([
  {
    what: 'of a revision without waves and hooks holds nothing',
    annotations: '',
    lines: ['configmap/default/a created'],
  },
  { what: 'holds the rest where there are waves', annotations: WAVE, lines: [HELD] },
])('a kustomization that cannot be built $what', async ({ annotations, lines }) => {
  const apply = await openStage();
  expect(await apply({ 'a.yml': object('ConfigMap', 'a', annotations), ...BROKEN })).toEqual(lines);
});
