import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { installManifests, printManifests } from '../../../../infra/agent/install/manifests.ts';
import type { InstallOptions } from '../../../../infra/agent/install/options.ts';
import { idOf, type Manifest, printId } from '../../../../infra/agent/manifest.ts';

const OPTIONS: InstallOptions = {
  namespace: 'sluice',
  name: 'default',
  image: 'sluice-agent:0.1.0',
  replicas: 2,
  memoryLimit: '1Gi',
  config: 'sources: [{ url: https://git.example.com/hello.git }]\n',
  targetNamespaces: [],
  tenants: [],
  appliesAsItself: true,
  allowed: [],
  secrets: [],
  egressPorts: [],
};

const install = (more: Partial<InstallOptions> = {}) => installManifests({ ...OPTIONS, ...more });
const objects = (manifests: readonly Manifest[]) => manifests.map((manifest) => printId(idOf(manifest)));
const OWN = [
  'serviceaccount/sluice/sluice-agent',
  'role/sluice/sluice-agent-own',
  'rolebinding/sluice/sluice-agent-own',
];
const REST = [
  'service/sluice/sluice-agent',
  'networkpolicy/sluice/sluice-agent',
  'configmap/sluice/sluice-agent',
  'deployment/sluice/sluice-agent',
];
const BUDGET = 'poddisruptionbudget/sluice/sluice-agent';

test.each([
  {
    shape: 'the whole cluster',
    more: {},
    expected: [...OWN, 'clusterrole/sluice-sluice-agent', 'clusterrolebinding/sluice-sluice-agent', ...REST, BUDGET],
  },
  {
    shape: 'two namespaces, one replica',
    more: { targetNamespaces: ['shop', 'blog'], replicas: 1 },
    expected: [
      ...OWN,
      ...['role/shop/sluice-agent', 'rolebinding/shop/sluice-agent'],
      ...['role/blog/sluice-agent', 'rolebinding/blog/sluice-agent'],
      ...REST,
    ],
  },
  {
    shape: 'as itself in a namespace, and as a tenant',
    more: { targetNamespaces: ['blog'], tenants: ['shop/deployer'], replicas: 1 },
    expected: [
      ...OWN,
      ...['role/blog/sluice-agent', 'rolebinding/blog/sluice-agent'],
      ...['role/shop/sluice-agent-as-deployer', 'rolebinding/shop/sluice-agent-as-deployer'],
      ...REST,
    ],
  },
  {
    shape: 'as tenants alone',
    more: { tenants: ['shop/deployer'], appliesAsItself: false },
    expected: [
      ...OWN,
      ...['role/shop/sluice-agent-as-deployer', 'rolebinding/shop/sluice-agent-as-deployer'],
      ...REST,
      BUDGET,
    ],
  },
])('$shape', ({ more, expected }) => {
  expect(objects(install(more))).toEqual(['namespace/sluice', ...expected]);
});

test('no shape has a wildcard, a secret of others outside its targets, or the right to be anybody', () => {
  for (const more of [{}, { targetNamespaces: ['shop'] }, { tenants: ['shop/deployer'], appliesAsItself: false }]) {
    const rules = install(more).flatMap(({ rules: own = [] }) => own as readonly Record<string, readonly string[]>[]);
    expect(rules.flatMap((rule) => Object.values(rule).flat()).filter((word) => word.includes('*'))).toEqual([]);
    expect(
      rules.filter(({ verbs, resourceNames }) => verbs?.includes('impersonate') && resourceNames === undefined),
    ).toEqual([]);
    expect(rules.flatMap(({ verbs = [] }) => verbs).filter((verb) => ['bind', 'escalate'].includes(verb))).toEqual([]);
  }
});

test('a tenant may be impersonated, and nothing else is allowed outside the own namespace', () => {
  const manifests = install({ tenants: ['shop/deployer'], appliesAsItself: false });
  const outside = manifests.filter(({ kind, metadata }) => kind === 'Role' && metadata.namespace !== 'sluice');
  expect(outside.map(({ rules }) => rules)).toEqual([
    [
      { apiGroups: [''], resources: ['serviceaccounts'], resourceNames: ['deployer'], verbs: ['impersonate'] },
      { apiGroups: [''], resources: ['events'], verbs: ['list', 'create', 'patch'] },
    ],
  ]);
});

test('where namespaces may be pruned, what else they may hold may be listed, and no more', () => {
  const rules = (more: Partial<InstallOptions>) =>
    install(more).flatMap(({ kind, rules: own = [] }) =>
      ['Role', 'ClusterRole'].includes(kind) ? (own as readonly Record<string, readonly string[]>[]) : [],
    );
  const looks = (more: Partial<InstallOptions>) =>
    rules(more).flatMap(({ apiGroups = [], resources = [], verbs = [] }) =>
      verbs.join(',') === 'list' ? resources.map((resource) => `${apiGroups[0]}/${resource}`) : [],
    );
  expect(looks({})).toEqual([
    ...['/podtemplates', '/replicationcontrollers', 'apps/controllerrevisions', 'coordination.k8s.io/leases'],
    ...['resource.k8s.io/resourceclaims', 'resource.k8s.io/resourceclaimtemplates'],
    'storage.k8s.io/csistoragecapacities',
  ]);
  expect(looks({ targetNamespaces: ['shop'] })).toEqual([]);
  expect(looks({ tenants: ['shop/deployer'], appliesAsItself: false })).toEqual([]);
});

test('what is allowed beyond the usual kinds stands in its own rule', () => {
  const role = install({ allowed: ['example.com/widgets', '/nodes'] }).find(({ kind }) => kind === 'ClusterRole');
  const verbs = ['get', 'list', 'create', 'patch', 'delete'];
  expect(role?.['rules']).toEqual(
    expect.arrayContaining([
      { apiGroups: ['example.com'], resources: ['widgets'], verbs },
      { apiGroups: [''], resources: ['nodes'], verbs },
    ]),
  );
});

test.each([
  { of: 'Secrets', one: { tokenSecret: 'one' }, mounts: ['/etc/sluice-agent/git'] },
  {
    of: 'all Secrets',
    one: {
      tokenSecret: 'a',
      verifySecret: 'b',
      nudgeSecret: 'c',
      reportSecret: 'd',
      reportTokenSecret: 'e',
      ageSecret: 'f',
    },
    mounts: [
      '/etc/sluice-agent/git',
      '/etc/sluice-agent/verify',
      '/etc/sluice-agent/nudge',
      '/etc/sluice-agent/report',
      '/etc/sluice-agent/report-token',
      '/etc/sluice-agent/age',
    ],
  },
])('$of are mounted read-only', ({ one, mounts }) => {
  const pod = podOf(install(one));
  expect(
    pod.containers[0]?.volumeMounts.flatMap(({ mountPath, readOnly }) => (readOnly === true ? [mountPath] : [])),
  ).toEqual(['/etc/sluice-agent/config', ...mounts]);
});

test('pods go to nodes of Linux alone, and hold up no drain while they are not ready', () => {
  const manifests = install();
  expect(podOf(manifests).nodeSelector).toEqual({ 'kubernetes.io/os': 'linux' });
  const budget = manifests.find(({ kind }) => kind === 'PodDisruptionBudget');
  expect(budget?.['spec']).toMatchObject({ maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' });
});

test('the image is pulled with a Secret where one is named', () => {
  expect(podOf(install()).imagePullSecrets).toBeUndefined();
  expect(podOf(install({ imagePullSecret: 'registry' })).imagePullSecrets).toEqual([{ name: 'registry' }]);
});

test('another configuration rolls the pods', () => {
  const hash = (config: string) => JSON.stringify(install({ config }).find(({ kind }) => kind === 'Deployment'));
  expect(hash('a')).not.toBe(hash('b'));
});

test.each<{ readonly what: string; readonly more: Partial<InstallOptions>; readonly version: '1.1' | '1.2' }>([
  {
    what: 'with all that there is',
    more: { knownHosts: 'git.example.com ssh-ed25519 AAAA\n', awsRole: 'arn:aws:iam::1:role/x' },
    version: '1.2',
  },
  {
    what: 'as kubectl reads it, names that YAML 1.1 has another meaning for',
    more: {
      namespace: 'on',
      name: 'no',
      targetNamespaces: ['y'],
      tenants: ['off/n'],
      tokenSecret: 'yes',
      allowed: ['/1e3'],
    },
    version: '1.1',
  },
])('the printed text reads back as the same objects: $what', ({ more, version }) => {
  const manifests = install(more);
  const read = parseAllDocuments(printManifests(manifests), { version }).map((document) => document.toJS());
  expect(read).toEqual(JSON.parse(JSON.stringify(manifests)));
});

test('the kustomize base is what install prints without a configuration', async () => {
  const base = printManifests(install({ config: undefined }));
  await expect(base).toMatchFileSnapshot('../../../../infra/agent/deploy/base/agent.yaml');
});

interface Pod {
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly containers: readonly {
    readonly volumeMounts: readonly { readonly mountPath: string; readonly readOnly?: boolean }[];
  }[];
}

function podOf(manifests: readonly Manifest[]): Pod {
  const { spec } = manifests.find(({ kind }) => kind === 'Deployment') as unknown as {
    readonly spec: { readonly template: { readonly spec: Pod } };
  };
  return spec.template.spec;
}
