import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepository } from '../../infra/demo/git-server/repository.ts';
import type { ApplyReport } from '../../shared/queue/messages.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { mainOf } from './runtime-stage.ts';

const WIDGETS = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: widgets, singular: widget, kind: Widget }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object, x-kubernetes-preserve-unknown-fields: true } } } }
`;
const WIDGET =
  'apiVersion: example.com/v1\nkind: Widget\nmetadata: { name: first, namespace: shop }\nspec: { size: 1 }\n';
const NAMESPACE = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n';
const deployment = (image: string) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "${image}" }] }
`;

describe('sluice-agent --once on a real control plane', { timeout: 120_000 }, () => {
  let cluster: ControlPlane;
  const directory = mkdtempSync(join(tmpdir(), 'sluice-agent-'));
  beforeAll(async () => {
    cluster = await startControlPlane({ unpullableImages: ':broken$' });
  });
  afterAll(async () => {
    await cluster?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const once = async (name: string, files: Readonly<Record<string, string>>) => {
    const url = await createRepository(directory, `${name}.git`, { branch: 'main', files });
    const flags = ['--git-url', url, '--name', name, '--once', '--json', '--timeout', '15s'];
    const more = ['--kubeconfig', cluster.kubeconfig, '--state-dir', join(directory, name)];
    const ended: { stdout: string; stderr: string; code?: number } = await promisify(execFile)(process.execPath, [
      mainOf('agent'),
      ...flags,
      ...more,
    ]).catch((error: { stdout: string; stderr: string; code: number }) => error);
    const result: Pick<ApplyReport, 'objects' | 'healthy'> = JSON.parse(ended.stdout);
    return { ...result, code: ended.code ?? 0, stderr: ended.stderr };
  };

  test('a namespace, a definition, an instance of it and a Deployment come up from one commit', async () => {
    const files = {
      'a.yml': `${WIDGET}---\n${deployment('registry.example.com/web:1')}`,
      'z.yml': `${NAMESPACE}---\n${WIDGETS}`,
    };
    expect(await once('whole', files)).toMatchObject({
      code: 0,
      healthy: true,
      objects: [
        { object: 'customresourcedefinition/widgets.example.com', action: 'created' },
        { object: 'namespace/shop', action: 'created' },
        { object: 'deployment/shop/web', action: 'created' },
        { object: 'widget/shop/first', action: 'created' },
      ],
    });
  });

  test('a roll-out whose image cannot be pulled is not healthy, and is named', async () => {
    const { code, healthy, stderr } = await once('broken', {
      'd.yml': deployment('registry.example.com/web:broken').replaceAll('web', 'bad'),
    });
    expect({ code, healthy }).toEqual({ code: 1, healthy: false });
    expect(stderr).toMatch(
      /^deployment\/shop\/bad: 0 of 2 replicas are available; 2 pods \(bad-\S+, bad-\S+\): container bad: ImagePullBackOff: Back-off pulling image "registry\.example\.com\/bad:broken"$/m,
    );
  });
});
