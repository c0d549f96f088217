import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { installManifests } from '../../../../infra/agent/install/manifests.ts';
import { needsOf } from '../../../../infra/agent/install/needs.ts';
import type { InstallOptions } from '../../../../infra/agent/install/options.ts';
import { idOf, keyOf, type Manifest } from '../../../../infra/agent/manifest.ts';
import { layerBinary } from '../../../cluster/installed-parts.ts';

const DEPLOY = fileURLToPath(new URL('../../../../infra/agent/deploy/', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'sluice-chart-'));
afterAll(() => rmSync(directory, { recursive: true }));

const OWN = { url: 'https://git.example.com/hello.git', paths: ['k8s'] };
const as = (account: string) => ({ ...OWN, name: account.replace('/', '-'), as: account });
const CONFIG = { sources: [OWN] };
const FROM_SECRETS = {
  credentials: { tokenFile: '/etc/sluice-agent/git/token' },
  verify: 'head',
  verifyKeys: '/etc/sluice-agent/verify',
};
const BY_SSH = {
  name: 'ssh',
  url: 'git@git.example.com:tools.git',
  knownHosts: '/etc/sluice-agent/config/known_hosts',
  marker: false,
};
const DEFAULTS: Omit<InstallOptions, 'config' | 'tenants' | 'appliesAsItself'> = {
  namespace: 'sluice',
  name: 'default',
  image: 'sluice-agent:0.1.0',
  replicas: 2,
  memoryLimit: '1Gi',
  targetNamespaces: [],
  allowed: [],
  secrets: [],
  egressPorts: [],
};

/** By key, without what is no object's: the namespace comes with the release, and YAML may be written in many ways. */
function comparable(manifests: readonly Manifest[]) {
  return Object.fromEntries(
    manifests
      .filter(({ kind }) => kind !== 'Namespace')
      .map((manifest) => {
        const text = JSON.stringify(manifest).replaceAll(
          /"sluice\.dev\/config":"[0-9a-f]{64}"/g,
          '"sluice.dev/config":"…"',
        );
        const { data, ...rest } = JSON.parse(text) as { data?: Record<string, string> };
        const read = data === undefined ? {} : { data: { ...data, 'agent.yml': parse(data['agent.yml'] ?? '') } };
        return [keyOf(idOf(manifest)), { ...rest, ...read }];
      }),
  );
}

async function chart(values: object): Promise<readonly Manifest[]> {
  const file = join(directory, 'values.yaml');
  writeFileSync(file, stringify(values, { compat: 'yaml-1.1' }));
  const words = ['template', 'sluice', join(DEPLOY, 'chart'), '--namespace', 'sluice', '--values', file];
  const { stdout } = await promisify(execFile)(layerBinary('helm'), words);
  // As helm and kubectl read it.
  return parseAllDocuments(stdout, { version: '1.1' }).flatMap(
    (document) => (document.toJS() as Manifest | null) ?? [],
  );
}

test.each<{
  readonly shape: string;
  readonly options: Partial<InstallOptions>;
  readonly sources?: readonly object[];
  readonly more?: object;
}>([
  { shape: 'the whole cluster', options: {} },
  { shape: 'two namespaces', options: { targetNamespaces: ['shop', 'blog'], allowed: ['example.com/widgets'] } },
  {
    shape: 'tenants alone',
    options: {},
    sources: [as('shop/deployer'), as('blog/deployer'), { ...as('shop/deployer'), name: 'again' }],
  },
  { shape: 'the whole cluster and a tenant', options: {}, sources: [OWN, as('shop/deployer')] },
  {
    shape: 'a namespace and a tenant',
    options: { targetNamespaces: ['blog'], allowed: ['example.com/widgets'] },
    sources: [as('shop/deployer'), OWN],
  },
  { shape: 'one replica of another name', options: { name: 'shop', replicas: 1, allowed: ['/nodes'] } },
  {
    shape: 'limits of a source and memory of its own, and no sandbox asked for',
    options: { memoryLimit: '4Gi' },
    sources: [{ ...OWN, gitMaxSize: '1GiB', gitMaxFiles: 100_000, gitMemory: '512MiB' }],
    more: { renderMemory: '1GiB', renderMaxObjects: 50_000, renderSandbox: 'best-effort' },
  },
  {
    shape: 'a configuration of URLs with ports, without and of other forms',
    options: { egressPorts: [8443] },
    sources: [
      'http://git.internal/x.git',
      'https://me@git.example.com:1234/y.git',
      'http://[fd00::1]:3000/z.git',
      'ssh://git@git.internal:2222/x.git',
      'git@git.internal:x.git',
      '/srv/x.git',
    ].map((url, index) => ({
      name: `s${index}`,
      url,
      marker: false,
      knownHosts: /^(ssh|git@)/.test(url) ? '/etc/hosts-of-ours' : undefined,
    })),
    more: {
      reportFunction: 'report-apply',
      reportEndpoint: 'http://sluice.internal:8080',
      nudgeQueue: 'http://sqs.internal:4566/1/nudges',
    },
  },
  {
    shape: 'names that YAML 1.1 has another meaning for',
    options: {
      imagePullSecret: 'n',
      name: 'no',
      targetNamespaces: ['y'],
      tokenSecret: 'yes',
      ageSecret: 'on',
      verifySecret: 'n',
    },
    sources: [
      { ...OWN, ...FROM_SECRETS },
      { ...as('off/n'), sopsAgeKeyFile: '/etc/sluice-agent/age/age.agekey' },
    ],
  },
  {
    shape: 'every Secret, known hosts and AWS',
    sources: [{ ...OWN, ...FROM_SECRETS, sopsAgeKeyFile: '/etc/sluice-agent/age/age.agekey' }, BY_SSH],
    more: {
      reportFunction: 'report-apply',
      reportEndpoint: 'https://sluice.internal',
      reportSecretFile: '/etc/sluice-agent/report/secret',
      reportTokenFile: '/etc/sluice-agent/report-token/token',
      nudgeSecretFile: '/etc/sluice-agent/nudge/secret',
    },
    options: {
      tokenSecret: 'git',
      verifySecret: 'keys',
      nudgeSecret: 'nudge',
      reportSecret: 'report',
      reportTokenSecret: 'report-token',
      ageSecret: 'age',
      secrets: ['variables'],
      knownHosts: 'git.example.com ssh-ed25519 AAAA\n',
      awsRole: 'arn:aws:iam::123456789012:role/agent',
      egressPorts: [3000, 443],
    },
  },
])('the chart is what install prints for $shape', async ({ options, sources = CONFIG.sources, more = {} }) => {
  const values = { ...DEFAULTS, ...options };
  const config = stringify({ sources, ...more });
  const { tenants, appliesAsItself, ports } = needsOf(config, 'agent.yml', values.name);
  const egressPorts = [...ports, ...values.egressPorts];
  const manifests = installManifests({ ...values, config, tenants, appliesAsItself, egressPorts });
  const printed = JSON.parse(JSON.stringify(manifests)) as readonly Manifest[];
  expect(comparable(await chart({ ...values, config: { sources, ...more } }))).toEqual(comparable(printed));
});

test.each([
  {
    values: { config: CONFIG, tenants: ['shop/deployer'] },
    says: 'tenants: expected the accounts as `as` in config.sources alone',
  },
  {
    values: { config: { sources: [as('shop/deployer')] }, targetNamespaces: ['shop'] },
    says: 'targetNamespaces, allowed: expected a source without an account, found that all is applied as shop/deployer',
  },
  { values: { config: {} }, says: 'config.sources: expected at least one source' },
  {
    values: { config: { ...CONFIG, reportEndpoint: 'https://sluice.internal' } },
    says: 'config.reportEndpoint: expected reportFunction beside it: without one nothing is reported',
  },
  {
    values: { config: { ...CONFIG, reportFunction: 'f', reportEndpoint: 'https://me:secret@sluice.internal' } },
    says: 'config.reportEndpoint: expected an address without a user or a password',
  },
  {
    values: { config: { sources: [OWN, { url: 'https://me:secret@git.example.com/hello.git' }] } },
    says: 'config.sources[1].url: expected a url without a password. Give the password by tokenSecret',
  },
  {
    values: { config: { sources: [{ url: 'git@git.example.com:tools.git' }] } },
    says: "config.sources[0].knownHosts: expected /etc/sluice-agent/config/known_hosts, and the host's keys as knownHosts",
  },
  {
    values: { config: { sources: [BY_SSH] } },
    says: 'config: expected knownHosts beside it, which puts /etc/sluice-agent/config/known_hosts there',
  },
  {
    values: { config: { sources: [{ ...OWN, verifyKeys: '/etc/sluice-agent/verify' }] }, verifySecret: 'keys' },
    says: 'config.sources[0].verifyKeys: expected verify: head or all beside it; without that no signature is looked at',
  },
  {
    values: { config: CONFIG, tokenSecret: 'git' },
    says: 'tokenSecret: expected a setting in config that reads /etc/sluice-agent/git/, found none',
  },
])('the chart refuses $values', async ({ values, says }) => {
  await expect(chart(values)).rejects.toThrow(says);
});

test('an overlay of the kustomize base brings agent.yml, and rolls out with it', async () => {
  writeFileSync(join(directory, 'agent.yml'), stringify(CONFIG));
  const generator = [{ name: 'sluice-agent', namespace: 'sluice', files: ['agent.yml'] }];
  const overlay = { resources: [join(DEPLOY, 'base')], configMapGenerator: generator };
  writeFileSync(join(directory, 'kustomization.yaml'), stringify(overlay).replace(DEPLOY, `${relativeTo(directory)}/`));
  const words = ['kustomize', directory, '--load-restrictor', 'LoadRestrictionsNone'];
  const { stdout } = await promisify(execFile)(layerBinary('kubectl'), words);
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
  const name = objects.find(({ kind }) => kind === 'ConfigMap')?.metadata.name;
  expect(name).toMatch(/^sluice-agent-[a-z0-9]{10}$/);
  expect(JSON.stringify(objects.find(({ kind }) => kind === 'Deployment'))).toContain(`"configMap":{"name":"${name}"}`);
});

test('an overlay that puts the kustomize base elsewhere takes all of it there', async () => {
  writeFileSync(join(directory, 'agent.yml'), stringify(CONFIG));
  const overlay = { namespace: 'team', resources: [`${relativeTo(directory)}/base`] };
  writeFileSync(join(directory, 'kustomization.yaml'), stringify(overlay));
  const words = ['kustomize', directory, '--load-restrictor', 'LoadRestrictionsNone'];
  const { stdout } = await promisify(execFile)(layerBinary('kubectl'), words);
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
  expect(new Set(objects.map(({ metadata }) => metadata.namespace ?? 'none'))).toEqual(new Set(['team', 'none']));
  const container = containerOf(objects);
  expect(container.args.slice(2, 4)).toEqual(['--namespace', '$(POD_NAMESPACE)']);
  const fieldRef = { fieldPath: 'metadata.namespace' };
  expect(container.env).toEqual([{ name: 'POD_NAMESPACE', valueFrom: { fieldRef } }]);
});

interface Container {
  readonly args: readonly string[];
  readonly env?: readonly object[];
}

function containerOf(objects: readonly Manifest[]): Container {
  const { spec } = objects.find(({ kind }) => kind === 'Deployment') as unknown as {
    readonly spec: { readonly template: { readonly spec: { readonly containers: readonly [Container] } } };
  };
  return spec.template.spec.containers[0];
}

function relativeTo(from: string): string {
  return `${'../'.repeat(from.split('/').length - 1)}${DEPLOY.slice(1, -1)}`;
}
