import { describe, expect, test } from 'vitest';
import type { ClusterAccess } from '../../../../infra/agent/cluster/kubeconfig.ts';
import { clusterAccess } from '../../../../infra/agent/cluster/kubeconfig.ts';
import { openAgentStage } from '../../../flow/agent-stage.ts';
import { openDouble } from '../double.ts';

type Place = 'labels' | 'annotations';

const ID = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'a' };
const rest = { 'b.yml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }\n' };
const marked = (place: Place, mark: string, data = '1') => ({
  ...rest,
  'a.yml': `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, ${place}: { ${mark} } }\ndata: { a: "${data}" }\n`,
});
const unmarked = (data = '1') => marked('annotations', '', data);

async function openMarked() {
  const { cluster, kubeconfig } = await openDouble();
  const access = await clusterAccess(kubeconfig, undefined);
  const stage = await openAgentStage(kubeconfig);
  return {
    ...{ cluster, stage },
    put: async (place: Place, mark: string) => setMarks(access, { [place]: markOf(mark) }),
    takeOff: async () => setMarks(access, {}),
  };
}

function markOf(mark: string) {
  const [name = '', value = ''] = mark.split(': ');
  return { [name]: value.replaceAll('"', '') };
}

/** Sets marks on the live object as a person does, instead of those that this person has set before. */
async function setMarks(access: ClusterAccess, marks: Partial<Record<Place, Record<string, string>>>) {
  const query = 'fieldManager=someone&force=true';
  const reply = await fetch(`${access.server}/api/v1/namespaces/default/configmaps/a?${query}`, {
    method: 'PATCH',
    headers: { ...(await access.headers()), 'content-type': 'application/apply-patch+yaml' },
    body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', ...marks } }),
  });
  expect(reply.status).toBe(200);
}

const KEEPING = [
  { place: 'annotations', mark: 'sluice.dev/prune: disabled' },
  { place: 'labels', mark: 'sluice.dev/prune: Disabled' },
  { place: 'annotations', mark: 'kustomize.toolkit.fluxcd.io/prune: Disabled' },
  { place: 'labels', mark: 'kustomize.toolkit.fluxcd.io/prune: disabled' },
  { place: 'annotations', mark: 'fluxcd.io/ignore: sync_only' },
  { place: 'annotations', mark: 'flux.weave.works/ignore: sync_only' },
  { place: 'annotations', mark: 'argocd.argoproj.io/sync-options: "Validate=false, Prune=false"' },
  { place: 'annotations', mark: 'argocd.argoproj.io/sync-options: Delete=false' },
  { place: 'annotations', mark: 'helm.sh/resource-policy: keep' },
  { place: 'annotations', mark: 'helm.sh/resource-policy: Keep' },
  { place: 'annotations', mark: 'cli-utils.sigs.k8s.io/on-remove: keep' },
  { place: 'annotations', mark: 'client.lifecycle.config.k8s.io/deletion: detach' },
  { place: 'annotations', mark: 'kapp.k14s.io/delete-strategy: orphan' },
] as const;
const LEAVING_ALONE = [
  { place: 'annotations', mark: 'sluice.dev/ignore: "true"' },
  { place: 'labels', mark: 'sluice.dev/ignore: "True"' },
  { place: 'annotations', mark: 'sluice.dev/apply: Ignore' },
  { place: 'annotations', mark: 'kustomize.toolkit.fluxcd.io/reconcile: disabled' },
  { place: 'labels', mark: 'kustomize.toolkit.fluxcd.io/reconcile: Disabled' },
  { place: 'annotations', mark: 'kustomize.toolkit.fluxcd.io/ssa: Ignore' },
  { place: 'labels', mark: 'kustomize.toolkit.fluxcd.io/ssa: ignore' },
  { place: 'annotations', mark: 'configmanagement.gke.io/managed: disabled' },
  { place: 'annotations', mark: 'kapp.k14s.io/noop: ""' },
  { place: 'annotations', mark: 'fluxcd.io/ignore: "true"' },
  { place: 'annotations', mark: 'flux.weave.works/ignore: "TRUE"' },
] as const;
const nameOf = (mark: string) => mark.split(':')[0];

describe('what left Git stays', () => {
  test.each(KEEPING)('with $mark among its $place, set by Git', async ({ place, mark }) => {
    const { cluster, stage } = await openMarked();
    await stage.apply(marked(place, mark));
    const { lines } = await stage.apply(rest, { commit: 'c2' });
    expect(lines.at(-1)).toBe(`configmap/default/a skipped (it left Git, but ${nameOf(mark)} keeps it)`);
    expect(await cluster.read(ID)).toBeDefined();
  });

  test.each([...KEEPING, ...LEAVING_ALONE])('with $mark among its $place, set by hand', async ({ place, mark }) => {
    const { cluster, stage, put } = await openMarked();
    await stage.apply(unmarked());
    await put(place, mark);
    const { lines, marks } = await stage.apply(rest, { commit: 'c2' });
    expect(lines.at(-1)).toBe(`configmap/default/a skipped (it left Git, but ${nameOf(mark)} keeps it)`);
    expect(marks).toEqual(['c2']);
    expect(await cluster.read(ID)).toBeDefined();
    // It is none of ours from then on.
    expect((await stage.apply(rest, { commit: 'c3' })).lines).toEqual(['configmap/default/b unchanged']);
  });

  test.each(['Prune=confirm', 'Prune=Confirm', 'Delete=confirm'])('by %s until a person says so', async (option) => {
    const { cluster, stage, put } = await openMarked();
    const approved = '"argocd.argoproj.io/deletion-approved": "true"';
    await stage.apply(marked('annotations', `argocd.argoproj.io/sync-options: ${option}, ${approved}`));
    for (const commit of ['c2', 'c3']) {
      const { lines } = await stage.apply(rest, { commit });
      expect(lines.at(-1)).toBe(
        'configmap/default/a skipped (it left Git, but argocd.argoproj.io/sync-options has it wait for a person, who lets it go by the annotation argocd.argoproj.io/deletion-approved: "true")',
      );
    }
    await put('annotations', 'argocd.argoproj.io/deletion-approved: 2026-11-30T10:00:00Z');
    expect((await stage.apply(rest, { commit: 'c3' })).lines.at(-1)).toBe('configmap/default/a pruned');
    expect(await cluster.read(ID)).toBeUndefined();
  });

  test.each([
    'sluice.dev/prune: enabled',
    'kustomize.toolkit.fluxcd.io/prune: enabled',
    'fluxcd.io/ignore: "false"',
    'argocd.argoproj.io/sync-options: "Prune=true,Delete=true"',
    'helm.sh/resource-policy: delete',
    'example.com/prune: disabled',
    'kapp.k14s.io/delete-strategy: ""',
  ])('but not with %s', async (mark) => {
    const { stage } = await openMarked();
    await stage.apply(marked('annotations', mark));
    expect((await stage.apply(rest, { commit: 'c2' })).lines.at(-1)).toBe('configmap/default/a pruned');
  });
});

describe('what is in Git is left alone', () => {
  test.each(LEAVING_ALONE)('with $mark among the $place of the live object', async ({ place, mark }) => {
    const { cluster, stage, put, takeOff } = await openMarked();
    await stage.apply(unmarked());
    await put(place, mark);
    const reason = `${nameOf(mark)} on it in the cluster says that it is to be left alone`;
    for (const commit of ['c2', 'c3']) {
      const { lines, marks } = await stage.apply(unmarked('2'), { commit });
      expect(lines[0]).toBe(`configmap/default/a skipped (${reason})`);
      expect(marks).toEqual([commit]);
    }
    expect((await cluster.read(ID))?.['data']).toEqual({ a: '1' });
    await takeOff();
    expect((await stage.apply(unmarked('2'), { commit: 'c3' })).lines[0]).toBe('configmap/default/a configured');
    expect((await stage.apply(rest, { commit: 'c4' })).lines.at(-1)).toBe('configmap/default/a pruned');
  });

  test('with such a mark on an object that was never ours', async () => {
    const { cluster, stage, put } = await openMarked();
    await cluster.apply({ ...ID, metadata: { name: 'a', namespace: 'default' }, data: { a: 'theirs' } });
    await put('annotations', 'kustomize.toolkit.fluxcd.io/reconcile: disabled');
    const { lines } = await stage.apply(unmarked());
    expect(lines[0]).toMatch(/^configmap\/default\/a skipped \(kustomize\.toolkit\.fluxcd\.io\/reconcile on it/);
    expect((await cluster.read(ID))?.['data']).toEqual({ a: 'theirs' });
  });

  test.each(LEAVING_ALONE)('with $mark among its $place in Git', async ({ place, mark }) => {
    const { cluster, stage } = await openMarked();
    expect((await stage.apply(marked(place, mark))).lines.at(-1)).toBe(
      'configmap/default/a skipped (an annotation says that it is to be left alone)',
    );
    expect(await cluster.read(ID)).toBeUndefined();
  });

  test.each(['merge', 'MERGE'])('but %s is a policy of an apply', async (policy) => {
    const { cluster, stage } = await openMarked();
    await stage.apply(marked('labels', `kustomize.toolkit.fluxcd.io/ssa: ${policy}`));
    expect((await cluster.read(ID))?.['data']).toEqual({ a: '1' });
  });

  test('but not for a mark that Git had and has no more', async () => {
    const { cluster, stage } = await openMarked();
    await stage.apply(unmarked());
    // As a release that read annotations in lower case alone applied it.
    const live = await cluster.read(ID);
    const mark = { 'kustomize.toolkit.fluxcd.io/reconcile': 'Disabled' };
    await cluster.apply({
      ...ID,
      metadata: { name: 'a', namespace: 'default', labels: live?.metadata.labels ?? {}, annotations: mark },
      data: { a: '1' },
    });
    await stage.apply(unmarked('2'));
    expect((await cluster.read(ID))?.['data']).toEqual({ a: '2' });
  });
});
