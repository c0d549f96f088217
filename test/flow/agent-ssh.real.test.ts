import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openApiClient } from '../../infra/agent/cluster/client.ts';
import { clusterAccess } from '../../infra/agent/cluster/kubeconfig.ts';
import { openIdentity } from '../../infra/agent/identity/identity.ts';
import { identitySecretOf } from '../../infra/agent/identity/identity-secret.ts';
import { createRepository } from '../../infra/demo/git-server/repository.ts';
import { silentLog } from '../../shared/log.ts';
import { type ControlPlane, startControlPlane } from '../cluster/control-plane.ts';
import { startSshd } from '../cluster/sshd.ts';
import { mainOf } from './runtime-stage.ts';

let cluster: ControlPlane;
let repositories: string;
const directory = mkdtempSync(join(tmpdir(), 'sluice-agent-ssh-'));

beforeAll(async () => {
  cluster = await startControlPlane();
  repositories = join(directory, 'repositories');
  mkdirSync(repositories);
  const files = { 'a.yml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: by-ssh, namespace: default }\n' };
  await createRepository(repositories, 'hello.git', { branch: 'main', files });
});
afterAll(async () => {
  await cluster?.stop();
  rmSync(directory, { recursive: true, force: true });
});

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code?: number;
}

/** A start with no state from before, as after the loss of a volume. */
async function once(...flags: readonly string[]): Promise<Ended> {
  const stateDir = mkdtempSync(join(directory, 'state-'));
  const common = ['--once', '--kubeconfig', cluster.kubeconfig, '--state-dir', stateDir];
  return promisify(execFile)(process.execPath, [mainOf('agent'), ...common, ...flags]).catch((error: Ended) => error);
}

test('with a deploy key of its own, which its Secret keeps, and a host that it knows', async () => {
  const serve = async (...authorizedKeys: readonly string[]) => {
    const sshd = await startSshd({ repositories, authorizedKeys });
    onTestFinished(async () => sshd.stop());
    return sshd;
  };
  const stranger = await serve();
  const flags = (url: string, ...more: readonly string[]) => ['--git-url', `${url}/hello.git`, ...more];

  const blind = await once(...flags(stranger.url));
  expect(blind.stderr).toMatch(
    /^known hosts \S+: expected the keys of 127\.0\.0\.1, found no such file\. Run `ssh-keyscan -p \d+ 127\.0\.0\.1`/m,
  );

  const { stdout: key } = await promisify(execFile)(process.execPath, [
    'infra/cli/main.ts',
    ...['identity', '--namespace', 'default', '--kubeconfig', cluster.kubeconfig],
  ]);
  expect(key).toMatch(/^ssh-ed25519 \S+ sluice-agent\n$/);
  const known = join(directory, 'known_hosts');
  writeFileSync(known, `${stranger.knownHosts}\n`);
  const unknown = await once(...flags(stranger.url, '--known-hosts', known));
  expect(unknown.stderr).toMatch(/^repository ssh:\S+: .*Permission denied/m);

  const host = await serve(key.trim());
  writeFileSync(
    known,
    `${stranger.knownHosts.replace(`:${stranger.port} `, `:${host.port} `)}
`,
  );
  const impostor = await once(...flags(host.url, '--known-hosts', known));
  expect(impostor.stderr).toMatch(/^repository ssh:\S+: .*(Host key verification failed|IDENTIFICATION HAS CHANGED)/m);

  writeFileSync(known, `${host.knownHosts}\n`);
  const { stdout, stderr, code = 0 } = await once(...flags(host.url, '--known-hosts', known));
  expect({ stdout, code }).toEqual({ stdout: 'configmap/default/by-ssh created\n', code: 0 });
  expect(stderr).not.toContain('marker not moved');
});

test('agents that start at once keep one key', async () => {
  const request = openApiClient(await clusterAccess(cluster.kubeconfig, undefined), 10_000);
  const secret = identitySecretOf('crowd', 'default');
  const open = async () => {
    const { publicKey } = await openIdentity({
      request,
      secret,
      stateDir: mkdtempSync(join(directory, 'state-')),
      log: silentLog,
    });
    return publicKey;
  };
  const keys = await Promise.all(Array.from({ length: 4 }, open));
  expect(new Set([...keys, await open()]).size).toBe(1);
  expect(await cluster.api.get(`/api/v1/namespaces/default/secrets/${secret.name}`)).toMatchObject({
    type: 'kubernetes.io/ssh-auth',
    data: { 'ssh-publickey': Buffer.from(keys[0] ?? '').toString('base64') },
  });
});

describe('as a service account', () => {
  test('applies what that may, and keeps its own inventory', async () => {
    const core = '/api/v1/namespaces/default';
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const metadata = { name: 'tenant' };
    await cluster.api.create(`${core}/serviceaccounts`, { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    const url = join(repositories, 'hello.git');
    const flags = ['--git-url', url, '--name', 'tenant', '--no-marker', '--as', 'default/tenant'];
    expect(await once(...flags)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/User "system:serviceaccount:default:tenant" cannot .* resource "configmaps"/),
    });
    const verbs = ['get', 'list', 'create', 'patch'];
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs }];
    await cluster.api.create(`${rbac}/roles`, { apiVersion, kind: 'Role', metadata, rules });
    await cluster.api.create(`${rbac}/rolebindings`, {
      apiVersion,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'tenant' },
      subjects: [{ kind: 'ServiceAccount', name: 'tenant', namespace: 'default' }],
    });
    const isApplied = async () => (await once(...flags)).code === undefined;
    await expect.poll(isApplied, { timeout: 30_000 }).toBe(true);
  });
});
