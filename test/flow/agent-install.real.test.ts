import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepository } from '../../infra/demo/git-server/repository.ts';
import { type GitServer, startGitServer } from '../../infra/demo/git-server/server.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { waitFor } from '../cluster/daemon.ts';
import { install, kubectl } from './installation.ts';

const NAMESPACE = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n';
const CONFIG_MAP = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: shop }\ndata: { a: b }\n';
const UNSAID = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }\ndata: { a: b }\n';
const WIDGETS = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: widgets, singular: widget, kind: Widget }
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
`;
const WIDGET = 'apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: first, namespace: shop }\n';
const ADMIN = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: all }
rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }]
`;

describe('what sluice install makes of a cluster', { timeout: 120_000 }, () => {
  let cluster: ControlPlane;
  let git: GitServer;
  const directory = mkdtempSync(join(tmpdir(), 'sluice-install-'));
  beforeAll(async () => {
    cluster = await startControlPlane();
    git = await startGitServer({ directory });
  }, 120_000);
  afterAll(async () => {
    await git?.stop();
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Installs an agent under a name of its own, and applies all that Git has then once, with its token and its rights. */
  const applied = async (name: string, files: Readonly<Record<string, string>>, flags: readonly string[]) => {
    rmSync(join(directory, `${name}.git`), { recursive: true, force: true });
    await createRepository(directory, `${name}.git`, { branch: 'main', files });
    const url = `${git.url}/${name}.git`;
    const installation = await install(cluster, ['--git-url', url, '--name', name, '--no-marker', ...flags]);
    const replica = await installation.start(['--once', '--json', '--log-level', 'error']);
    await waitFor('the agent to end', async () => replica.ended() !== undefined, { timeoutMillis: 60_000 });
    const report = JSON.parse(
      replica
        .log()
        .split('\n')
        .find((line) => line.startsWith('{"revision"')) ?? '{}',
    ) as ApplyReport;
    installation.stop();
    return report.objects.map(({ object, action, reason }) => [object, action, reason ?? ''].join(' ').trim());
  };
  const can = async (name: string, ...words: readonly string[]) =>
    (
      await kubectl(cluster, [
        ...['auth', 'can-i', ...words],
        ...['--as', `system:serviceaccount:sluice:sluice-agent-${name}`],
      ]).catch(() => 'no')
    ).trim();

  test('a namespace that left Git goes, and stays where it may hold what may not be listed', async () => {
    const files = { 'a.yml': UNSAID.replace('name: b', 'name: kept'), 'b.yml': UNSAID.replace('name: b', 'name: too') };
    const withNamespace = { ...files, 'n.yml': NAMESPACE.replace('shop', 'brief') };
    await applied('pruner', withNamespace, []);
    expect((await applied('pruner', files, [])).at(-1)).toBe('namespace/brief pruned');

    const second = { ...files, 'n.yml': NAMESPACE.replace('shop', 'held') };
    await applied('pruner', second, []);
    await kubectl(cluster, ['apply', '-f', '-'], WIDGETS.replaceAll('example.com', 'foreign.example.com'));
    const theirs = WIDGET.replace('example.com', 'foreign.example.com').replace('shop', 'held');
    const made = async () => (await kubectl(cluster, ['apply', '-f', '-'], theirs)) !== '';
    await waitFor('a widget of the definition', made, { timeoutMillis: 30_000 });
    expect((await applied('pruner', files, [])).at(-1)).toBe(
      'namespace/held failed it left Git, but what is in it cannot be seen without the right to list foreign.example.com/widgets, which sluice install gives with --allow. Allow it with --prune-allow namespaces or the annotation sluice.dev/prune: with-contents',
    );
    const allow = ['--allow', 'foreign.example.com/widgets'];
    expect((await applied('pruner', files, allow)).at(-1)).toMatch(
      /^namespace\/held failed it left Git, but widget\/held\/first in it is not ours\./,
    );
    await kubectl(cluster, ['delete', 'widgets.foreign.example.com', 'first', '-n', 'held']);
    expect((await applied('pruner', files, allow)).at(-1)).toBe('namespace/held pruned');
  });

  test('the whole cluster: definitions, namespaces and what is allowed besides; no rights beyond its own', async () => {
    const files = { 'a.yml': [NAMESPACE, CONFIG_MAP, UNSAID, WIDGETS, WIDGET, ADMIN].join('---\n') };
    expect(await applied('wide', files, ['--allow', 'example.com/widgets'])).toEqual([
      'customresourcedefinition/widgets.example.com created',
      'namespace/shop created',
      expect.stringMatching(/^clusterrole\/all failed .*cannot patch resource "clusterroles"/),
      'configmap/shop/a created',
      'configmap/default/b created',
      'widget/shop/first created',
    ]);
    expect(
      await Promise.all([
        can('wide', '*', '*'),
        can('wide', 'get', 'nodes'),
        can('wide', 'create', 'pods', '--subresource', 'exec'),
      ]),
    ).toEqual(['no', 'no', 'no']);
  });

  test('one namespace: what says no other goes there, and nothing else may', async () => {
    const files = { 'a.yml': [UNSAID, CONFIG_MAP].join('---\n') };
    await kubectl(cluster, ['create', 'namespace', 'blog']);
    expect(await applied('narrow', files, ['--target-namespace', 'blog'])).toEqual([
      'configmap/blog/b created',
      expect.stringMatching(
        /^configmap\/shop\/a failed .*cannot patch resource "configmaps".* in the namespace "shop"/,
      ),
    ]);
    expect(await can('narrow', 'list', 'secrets', '-n', 'shop')).toBe('no');
  });

  test('a tenant: it applies as its account, and may nothing by itself', async () => {
    await kubectl(cluster, ['create', 'namespace', 'team']);
    await kubectl(cluster, ['create', 'serviceaccount', 'deployer', '-n', 'team']);
    await kubectl(cluster, [
      ...['create', 'rolebinding', 'deployer', '-n', 'team'],
      ...['--clusterrole', 'edit', '--serviceaccount', 'team:deployer'],
    ]);
    const mine = CONFIG_MAP.replace('shop', 'team');
    const files = { 'a.yml': [mine, CONFIG_MAP.replace('name: a', 'name: theirs')].join('---\n') };
    expect(await applied('tenant', files, ['--as', 'team/deployer'])).toEqual([
      'configmap/team/a created',
      expect.stringMatching(/^configmap\/shop\/theirs failed .*User "system:serviceaccount:team:deployer" cannot/),
    ]);
    expect(await can('tenant', 'create', 'configmaps', '-n', 'team')).toBe('no');
    const [event] = JSON.parse(await kubectl(cluster, ['get', 'events', '-n', 'team', '-o', 'json'])).items;
    expect(event).toMatchObject({ reason: 'Created', involvedObject: { kind: 'ConfigMap', name: 'a' } });
  });

  test('its pods are admitted where only restricted ones are', async () => {
    const names = async () => {
      const words = ['get', 'pods', '-n', 'sluice', '-l', 'app.kubernetes.io/instance=wide', '-o', 'name'];
      return (await kubectl(cluster, words)).split('\n').filter((line) => line !== '');
    };
    await expect.poll(names, { timeout: 60_000 }).toHaveLength(2);
  });
});
