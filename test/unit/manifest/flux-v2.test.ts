import { describe, expect, test } from 'vitest';
import { joinFiles } from '../../../shared/manifest/join.ts';
import { scanFile } from '../../../shared/manifest/scan.ts';
import type { Site } from '../../../shared/manifest/site.ts';
import { parsePolicy } from '../../../shared/policy/parse.ts';
import { fluxPolicy, helmRelease } from '../../fakes/flux-v2.ts';

const FILE = 'clusters/prod/apps/web.yaml';
const MARKED = 'image: registry.example.com/app:1.0.0 # {"$imagepolicy": "flux-system:app"}\n';

function join(files: Readonly<Record<string, string>>) {
  const { sites, remarks } = joinFiles(Object.entries(files).map(([file, text]) => scanFile(file, text)));
  return { site: sites[0], remarks };
}

/** The policy of a scalar that holds a whole image. */
function policyBy(declared: string, more: Readonly<Record<string, string>> = {}): Site['policy'] {
  return join({ [FILE]: MARKED, 'flux.yaml': declared, ...more }).site?.policy;
}

describe('an ImagePolicy as a line of Sluice', () => {
  test.each([
    { policy: 'semver: {range: ~1.2}', line: 'semver:~1.2; strict; ignore *.sig' },
    { policy: 'semver: {range: ">=1.0.0 <2.0.0"}', line: 'semver:>=1.0.0 <2.0.0; strict; ignore *.sig' },
    { policy: 'alphabetical: {order: desc}', line: 'alphabetical:desc; ignore *.sig' },
    { policy: 'alphabetical: {}', line: 'alphabetical:asc; ignore *.sig' },
    { policy: 'numerical: {order: asc}', line: 'numerical:asc; ignore *.sig' },
    {
      policy: 'numerical: {}',
      spec: 'filterTags: {pattern: "^main-[a-f0-9]+-(?P<ts>[0-9]+)", extract: "$ts"}, ',
      line: 'numerical:asc; filter ^main-[a-f0-9]+-(?P<ts>[0-9]+); extract $ts; ignore *.sig',
    },
    {
      policy: 'semver: {range: 1.x}',
      spec: 'filterTags: {pattern: "^v1;"}, ',
      line: String.raw`semver:1.x; filter ^v1\x3b; strict; ignore *.sig`,
    },
    { policy: 'semver: {range: 1.x}', spec: 'filterTags: {pattern: ""}, ', line: 'semver:1.x; strict; ignore *.sig' },
    {
      policy: 'semver: {range: 1.x}',
      spec: 'digestReflectionPolicy: IfNotPresent, ',
      line: 'semver:1.x; strict; ignore *.sig; pin',
    },
    {
      policy: 'semver: {range: 1.x}',
      spec: 'digestReflectionPolicy: Never, ',
      line: 'semver:1.x; strict; ignore *.sig',
    },
    {
      policy: 'semver: {range: 1.x}',
      repository: String.raw`exclusionList: ["^.*\\.sig$", "(?i)-rc"], `,
      line: String.raw`semver:1.x; strict; exclude (?:^.*\.sig$)|(?:(?i)-rc)`,
    },
    {
      policy: 'semver: {range: 1.x}',
      repository: 'exclusionList: [-debug$], ',
      line: 'semver:1.x; strict; exclude -debug$',
    },
  ])('$line', ({ line, ...of }) => {
    expect(policyBy(fluxPolicy(of))).toMatchObject({ dialect: 'flux-v2', text: line, held: undefined });
    expect(() => parsePolicy(line)).not.toThrow();
  });

  test.each(['v1alpha1', 'v1alpha2', 'v1beta1', 'v1beta2', 'v1'])('of version %s', (version) => {
    const declared = fluxPolicy().replaceAll('/v1', `/${version}`);
    expect(policyBy(declared)?.text).toBe('semver:~1; strict; ignore *.sig');
  });

  test('asks for no digest where none can stand', () => {
    const declared = fluxPolicy({ spec: 'digestReflectionPolicy: Always, interval: 10m, ' });
    const { site } = join({ [FILE]: helmRelease('1.0.0'), 'flux.yaml': declared });
    expect(site?.policy?.text).toBe('semver:~1; strict; ignore *.sig');
  });

  test.each([
    { name: 'a pattern that is a number', spec: 'filterTags: {pattern: 7}, ' },
    { name: 'a range that is a number', policy: 'semver: {range: 1.2}' },
    { name: 'no choice', policy: '' },
    { name: 'a list of exclusions that are no text', repository: 'exclusionList: [7], ' },
    { name: 'exclusions that are no list', repository: 'exclusionList: ^rc, ' },
    { name: 'filters that are a list', spec: 'filterTags: ["^v"], ' },
    { name: 'a filter of a misspelt name', spec: 'filterTags: {patern: "^v"}, ' },
    { name: 'a clause of Sluice in a range', policy: 'semver: {range: ">=1; allow regexp:.*"}' },
    { name: 'an image that is none', image: 'https://x' },
  ])('matches nothing with $name', (of) => {
    const { site, remarks } = join({ [FILE]: MARKED, 'flux.yaml': fluxPolicy(of) });
    expect(site).toBeUndefined();
    expect(remarks).toHaveLength(1);
  });
});

describe('what holds an image back', () => {
  test.each([
    {
      name: 'a policy that is suspended',
      of: { spec: 'suspend: true, ' },
      held: 'imagepolicy/flux-system/app is suspended',
    },
    {
      name: 'a repository that is suspended',
      of: { repository: 'suspend: true, ' },
      held: 'imagerepository/flux-system/app is suspended',
    },
    {
      name: 'another image than the policy is of',
      of: { image: 'registry.example.com/moved' },
      held: 'registry.example.com/app stands there, and imagerepository/flux-system/app is of registry.example.com/moved: write that name by hand once',
    },
    {
      name: 'a suspension that is no switch',
      of: { spec: 'suspend: {}, ' },
      held: 'imagepolicy/flux-system/app is suspended',
    },
    { name: 'nothing', of: { spec: 'suspend: false, ' }, held: undefined },
    {
      name: 'nothing: the same image by another name',
      of: { image: 'registry.example.com/app:latest' },
      held: undefined,
    },
  ])('$name', ({ of, held }) => {
    expect(policyBy(fluxPolicy(of))?.held).toBe(held);
  });
});

describe('names', () => {
  const policy = fluxPolicy();

  test.each([
    {
      name: 'across namespaces',
      declared: policy.replace('{name: app}, policy', '{name: app, namespace: images}, policy'),
    },
    {
      name: 'that a kustomization gives their namespaces',
      declared: policy.replaceAll(', namespace: flux-system', ''),
    },
  ])('are found $name', ({ declared }) => {
    const other = fluxPolicy().split('---')[0]?.replace('namespace: flux-system', 'namespace: images') ?? '';
    expect(policyBy(declared, { 'images.yaml': other })?.text).toBe('semver:~1; strict; ignore *.sig');
  });

  test('of several clusters are told apart by their folders', () => {
    const found = join({
      [FILE]: MARKED,
      'clusters/staging/flux.yaml': fluxPolicy({ policy: 'semver: {range: ~2}' }),
      'clusters/prod/flux.yaml': policy,
    });
    expect(found.site?.policy).toMatchObject({ declaredIn: ['clusters/prod/flux.yaml'] });
  });

  test('that two files give to different policies govern nothing', () => {
    const { remarks } = join({
      [FILE]: MARKED,
      'a/flux.yaml': policy,
      'b/flux.yaml': fluxPolicy({ policy: 'semver: {range: ~2}' }),
    });
    expect(remarks[0]?.reason).toBe(
      `${FILE}:1 document: the marker names ImagePolicy flux-system/app, which a/flux.yaml and b/flux.yaml declare differently`,
    );
  });
});

describe('an ImageUpdateAutomation', () => {
  const automation = (spec: string, namespace = 'flux-system') =>
    `apiVersion: image.toolkit.fluxcd.io/v1\nkind: ImageUpdateAutomation\nmetadata: {name: all, namespace: ${namespace}}\nspec: {${spec}}\n`;
  const OBJECT = 'imageupdateautomation/flux-system/all';

  test.each([
    { name: 'of the whole repository', spec: 'update: {strategy: Setters}' },
    { name: 'of no update', spec: 'interval: 5m' },
    { name: 'of a folder above', spec: 'update: {path: ./clusters/prod}' },
    { name: 'of a way around to it', spec: 'update: {path: /../clusters/staging/../prod/}' },
    {
      name: 'that takes policies by their labels',
      spec: 'policySelector: {matchExpressions: [{key: a, operator: DoesNotExist}]}',
    },
  ])('$name writes what a marker governs', ({ spec }) => {
    expect(policyBy(fluxPolicy(), { 'automation.yaml': automation(spec) })).toMatchObject({
      held: undefined,
      declaredIn: ['flux.yaml', 'automation.yaml'],
    });
  });

  test.each([
    {
      name: 'of another folder',
      spec: 'update: {path: clusters/staging}',
      reason: `${FILE} is outside of clusters/staging, below which ${OBJECT} writes`,
    },
    {
      name: 'of a folder whose name begins alike',
      spec: 'update: {path: clusters/pro}',
      reason: 'is outside of clusters/pro,',
    },
    {
      name: 'that takes other policies',
      spec: 'policySelector: {matchLabels: {team: shop}}',
      reason: 'no ImageUpdateAutomation of its namespace takes imagepolicy/flux-system/app',
    },
    {
      name: 'with a NotIn of no values, which Kubernetes takes for no selector,',
      spec: 'policySelector: {matchExpressions: [{key: team, operator: NotIn, values: []}]}',
      reason: 'no ImageUpdateAutomation of its namespace takes imagepolicy/flux-system/app',
    },
    {
      name: 'of another namespace',
      spec: '',
      namespace: 'team',
      reason: 'no ImageUpdateAutomation of its namespace takes imagepolicy/flux-system/app',
    },
  ])('$name leaves it ungoverned', ({ spec, namespace, reason }) => {
    const files = { [FILE]: MARKED, 'flux.yaml': fluxPolicy(), 'automation.yaml': automation(spec, namespace) };
    const { site, remarks } = join(files);
    expect(site).toBeUndefined();
    expect(remarks[0]?.reason).toContain(reason);
  });

  test.each([
    { name: 'suspended', spec: 'suspend: true', held: `${OBJECT} is suspended` },
    {
      name: 'of another strategy',
      spec: 'update: {strategy: Magic}',
      held: `${OBJECT} has the update strategy "Magic", and not Setters`,
    },
    {
      name: 'of a folder that is no text',
      spec: 'update: {path: [clusters/staging]}',
      held: `${OBJECT} has what cannot be read in update.path`,
    },
    {
      name: 'of labels that are no texts',
      spec: 'policySelector: {matchLabels: {team: [shop]}}',
      held: `${OBJECT} has what cannot be read in matchLabels`,
    },
    {
      name: 'of values that are no texts',
      spec: 'policySelector: {matchExpressions: [{key: a, operator: NotIn, values: [[b]]}]}',
      held: `${OBJECT} has what cannot be read in values`,
    },
  ])('that is $name holds it back', ({ spec, held }) => {
    expect(policyBy(fluxPolicy(), { 'automation.yaml': automation(spec) })?.held).toBe(held);
  });

  test('that is suspended and gets its name from the cluster holds it back', () => {
    const text = automation('suspend: true').replace('name: all', 'generateName: all-');
    expect(policyBy(fluxPolicy(), { 'automation.yaml': text })?.held).toContain('is suspended');
  });

  test('beside one that is suspended writes', () => {
    const two = `${automation('suspend: true')}---\n${automation('').replace('name: all', 'name: two')}`;
    expect(policyBy(fluxPolicy(), { 'automation.yaml': two })?.held).toBeUndefined();
  });

  test('is told of where its branch, or an interval, does not count', () => {
    const declared = fluxPolicy({ spec: 'digestReflectionPolicy: Always, interval: 10m, ' });
    const git = automation('git: {checkout: {ref: {branch: main}}, push: {branch: auto}}');
    expect(join({ 'flux.yaml': declared, 'automation.yaml': git }).remarks).toEqual([
      {
        file: 'flux.yaml',
        reason:
          'the interval of imagepolicy/flux-system/app does not count: a push tells of a new digest, and sweep finds what no push told',
        isNote: true,
      },
      {
        file: 'automation.yaml',
        reason: `${OBJECT} writes to auto; Sluice to the branch that sluice.yml names`,
        isNote: true,
      },
    ]);
  });
});

describe('many declarations', () => {
  test('and markers that lead nowhere are read in time', () => {
    const names = Array.from({ length: 3000 }, (_, index) => `app${index}`);
    const declared = names.map((name) => fluxPolicy().replaceAll('name: app', `name: ${name}`)).join('---\n');
    const marked = names.map((name) => `- a: "1" # {"$imagepolicy": "flux-system:x${name}:tag"}`).join('\n');
    const files = [scanFile('flux.yaml', declared.slice(0, 900_000)), scanFile('web.yaml', `image:\n${marked}`)];
    const before = performance.now();
    expect(joinFiles(files).remarks.length).toBeGreaterThan(2900);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});
