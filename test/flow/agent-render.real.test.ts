import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApplyReport } from '../../shared/queue/messages.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { layerBinary } from '../cluster/installed-parts.ts';
import { partPath } from '../cluster/parts.ts';
import { mainOf } from './runtime-stage.ts';

const KUBECTL = layerBinary('kubectl');

const FILES = {
  'namespace.yml': 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n',
  'web/base/kustomization.yaml': 'resources: [web.yml]\n',
  'web/base/web.yml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: \${REPLICAS}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1
        env: [{ name: PORT, value: "\${PORT:=8080}" }]
`,
  'web/prod/kustomization.yaml': 'namespace: shop\nresources: [../base]\n',
  'cache/Chart.yaml': 'apiVersion: v2\nname: cache\nversion: 1.0.0\nannotations: { sluice.dev/namespace: shop }\n',
  'cache/values.yaml': 'size: 64\n',
  'cache/templates/settings.yaml': `apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }} }
data:
  size: {{ .Values.size | quote }}
  cluster: {{ .Capabilities.KubeVersion.Version }}
  leases: {{ .Capabilities.APIVersions.Has "coordination.k8s.io/v1/Lease" | quote }}
`,
  'cache/templates/password.yaml': `apiVersion: v1
kind: Secret
metadata: { name: {{ .Release.Name }} }
stringData: { password: {{ randAlphaNum 24 }} }
`,
  'secret.yaml':
    'apiVersion: v1\nkind: Secret\nmetadata:\n    name: token\n    namespace: shop\nstringData:\n    token: hunter2\n',
};

describe('a directory of kustomizations, charts and secrets on a real control plane', { timeout: 120_000 }, () => {
  let cluster: ControlPlane;
  const directory = mkdtempSync(join(tmpdir(), 'sluice-render-flow-'));
  const tree = join(directory, 'tree');
  const keys = join(directory, 'age.txt');
  beforeAll(async () => {
    cluster = await startControlPlane();
    for (const [path, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), text);
    }
    execFileSync(partPath('age-keygen'), ['-o', keys], { stdio: 'ignore' });
    const [, recipient = ''] = /public key: (\S+)/.exec(readFileSync(keys, 'utf8')) ?? [];
    const flags = ['encrypt', '--in-place', '--age', recipient, '--encrypted-regex', '^stringData$'];
    execFileSync(partPath('sops'), [...flags, join(tree, 'secret.yaml')]);
  });
  afterAll(async () => {
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const kubectl = (...command: readonly string[]) =>
    execFileSync(KUBECTL, ['--kubeconfig', cluster.kubeconfig, ...command], { encoding: 'utf8' });
  const once = async (...more: readonly string[]) => {
    const tools = ['--kustomize', partPath('kustomize'), '--helm', layerBinary('helm'), '--sops', partPath('sops')];
    const flags = ['--once', '--dir', tree, '--json', '--kubeconfig', cluster.kubeconfig, '--timeout', '30s', ...tools];
    const ended: { stdout: string; stderr: string } = await promisify(execFile)(process.execPath, [
      mainOf('agent'),
      ...flags,
      '--variables-from',
      'configmap/cluster',
      ...more,
    ]).catch((error: { stdout: string; stderr: string }) => error);
    const { objects, healthy }: Pick<ApplyReport, 'objects' | 'healthy'> = JSON.parse(ended.stdout);
    const actions = Object.fromEntries(objects.map(({ object, action }) => [object, action]));
    return { healthy, actions, stderr: ended.stderr };
  };

  test('is applied as kustomize, helm and sops render it; without the keys nothing of it is pruned', async () => {
    kubectl('create', 'configmap', 'cluster', '--from-literal=REPLICAS=2');
    const first = await once('--sops-age-key-file', keys);
    expect({ ...first, stderr: '' }).toEqual({
      healthy: true,
      actions: {
        'namespace/shop': 'created',
        'deployment/shop/web': 'created',
        'configmap/shop/cache': 'created',
        'secret/shop/cache': 'created',
        'secret/shop/token': 'created',
      },
      stderr: '',
    });
    const read = (what: string, path: string) => kubectl('get', '-n', 'shop', what, '-o', `jsonpath={${path}}`);
    expect(read('deployment/web', '.spec.replicas')).toBe('2');
    expect(read('deployment/web', '.spec.template.spec.containers[0].env[0].value')).toBe('8080');
    expect(read('configmap/cache', '.data.size')).toBe('64');
    const { serverVersion } = JSON.parse(kubectl('version', '-o', 'json'));
    expect(read('configmap/cache', '.data.cluster')).toBe(serverVersion.gitVersion);
    expect(read('configmap/cache', '.data.leases')).toBe('true');
    expect(Buffer.from(read('secret/token', '.data.token'), 'base64').toString()).toBe('hunter2');
    expect(first.stderr).not.toContain('hunter2');

    const second = await once();
    expect(second).toMatchObject({ healthy: false, actions: { 'deployment/shop/web': 'unchanged' } });
    expect(second.stderr).toContain('secret.yaml:1: SOPS: expected age keys to decrypt it with, found none.');
    expect(Buffer.from(read('secret/token', '.data.token'), 'base64').toString()).toBe('hunter2');
  });

  test('a random password of a chart outlasts the agent, and is made anew with another value of the chart', async () => {
    const passwordNow = () => kubectl('get', '-n', 'shop', 'secret/cache', '-o', 'jsonpath={.data.password}');
    const made = passwordNow();
    expect(Buffer.from(made, 'base64').toString()).toMatch(/^\w{24}$/);
    expect((await once('--sops-age-key-file', keys)).actions).toMatchObject({ 'secret/shop/cache': 'unchanged' });
    expect(passwordNow()).toBe(made);
    writeFileSync(join(tree, 'cache/values.yaml'), 'size: 65\n');
    // A dry run shows a change and keeps nothing of it.
    await once('--sops-age-key-file', keys, '--dry-run');
    expect(passwordNow()).toBe(made);
    expect((await once('--sops-age-key-file', keys)).actions).toMatchObject({ 'secret/shop/cache': 'configured' });
    const changed = passwordNow();
    expect(changed).not.toBe(made);
    await once('--sops-age-key-file', keys);
    expect(passwordNow()).toBe(changed);
  });
});
