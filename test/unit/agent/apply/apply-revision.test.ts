import { expect, test } from 'vitest';
import type { Cluster } from '../../../../infra/agent/cluster/cluster.ts';
import { openInventory } from '../../../../infra/agent/inventory/inventory.ts';
import { DEFAULT_PRUNE_LIMIT } from '../../../../infra/agent/prune/prune-limit.ts';
import { reconcile } from '../../../../infra/agent/reconcile.ts';
import { recordingLog } from '../../../fakes/recording.ts';
import { openDouble } from '../double.ts';
import { renderFiles, type Tree } from '../render/tree.ts';

async function openStage() {
  const { cluster } = await openDouble();
  return async (tree: Tree, over: Partial<Cluster> = {}) => {
    const { report } = await reconcile({ repository: 'r', branch: 'main', commit: 'c1' }, await renderFiles(tree), {
      cluster: { ...cluster, ...over },
      inventory: openInventory(cluster, 'shop', 'default'),
      mark: async () => {},
      agent: 'shop',
      prune: { limit: DEFAULT_PRUNE_LIMIT, allow: new Set() },
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
const broken = (annotations: string) => ({
  'k/kustomization.yaml': 'resources: [a.yml]\n',
  'k/a.yml': object('ConfigMap', 'k', annotations),
});
const HOOK = 'argocd.argoproj.io/hook: PreSync';
const HELD =
  'configmap/default/a skipped it waits for k/kustomization.yaml, which cannot be read and may have to come before it';
const APPLIED = 'configmap/default/a created';
test.each([
  { what: 'of a revision without waves and hooks holds nothing', of: broken(''), annotations: '', lines: [APPLIED] },
  { what: 'holds the rest where there are waves', of: broken(''), annotations: WAVE, lines: [HELD] },
  { what: 'holds the rest where it has a hook itself', of: broken(HOOK), annotations: '', lines: [HELD] },
])('a kustomization that cannot be built $what', async ({ of, annotations, lines }) => {
  const apply = await openStage();
  expect(await apply({ 'a.yml': object('ConfigMap', 'a', annotations), ...of })).toEqual(lines);
});

test('what knew a hook before holds the rest where a kustomization cannot be built', async () => {
  const apply = await openStage();
  const hook = `${HOOK}, argocd.argoproj.io/hook-delete-policy: HookSucceeded`;
  await apply({ 'h.yml': object('ConfigMap', 'h', hook) });
  expect(await apply({ 'a.yml': object('ConfigMap', 'a'), ...broken('') })).toEqual([HELD]);
});
