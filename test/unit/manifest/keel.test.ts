import { describe, expect, test } from 'vitest';
import { unautomatedReason } from '../../../shared/manifest/dialects/unautomated.ts';
import { scanFile } from '../../../shared/manifest/scan.ts';
import type { Site, SitePolicy } from '../../../shared/manifest/site.ts';
import { deployment } from './manifests.ts';

function textWith(annotations: readonly string[], labels: readonly string[]): string {
  const all = ['app: web', ...labels].join(', ');
  return deployment('a:1', annotations).replace('  name: web\n', `  name: web\n  labels: { ${all} }\n`);
}

function siteBeside(annotations: readonly string[], labels: readonly string[] = []): Site | undefined {
  return scanFile('f.yml', textWith(annotations, labels)).sites[0];
}

const policyBeside = (...set: Parameters<typeof siteBeside>): SitePolicy | undefined => siteBeside(...set)?.policy;

describe('the annotations of Keel', () => {
  test.each([
    { name: 'a step', annotations: ['keel.sh/policy: minor'], text: 'keel:minor' },
    { name: 'a glob', annotations: ['keel.sh/policy: "glob:build-*"'], text: 'keel:glob:build-*' },
    {
      name: 'a pattern with a semicolon',
      annotations: ["keel.sh/policy: 'regexp:^[;a]$'"],
      text: String.raw`keel:regexp:^[\x3ba]$`,
    },
    { name: 'any tag', annotations: ['keel.sh/policy: force'], text: 'keel:force' },
    {
      name: 'the same tag',
      annotations: ['keel.sh/policy: force', 'keel.sh/matchTag: "true"'],
      text: 'keel:force; same-tag',
    },
    {
      name: 'the same tag, as it was spelled before',
      annotations: ['keel.sh/policy: force', 'keel.sh/match-tag: "true"'],
      text: 'keel:force; same-tag',
    },
    {
      name: 'any tag, where the older spelling says otherwise',
      annotations: ['keel.sh/policy: force', 'keel.sh/matchTag: "false"', 'keel.sh/match-tag: "true"'],
      text: 'keel:force',
    },
    {
      name: 'the same tag for a step, which has no use for it',
      annotations: ['keel.sh/policy: major', 'keel.sh/matchTag: "true"'],
      text: 'keel:major',
    },
    {
      name: 'any prerelease',
      annotations: ['keel.sh/policy: patch', 'keel.sh/matchPreRelease: "false"'],
      text: 'keel:patch; any-prerelease',
    },
    {
      name: 'its own prerelease',
      annotations: ['keel.sh/policy: patch', 'keel.sh/matchPreRelease: "true"'],
      text: 'keel:patch',
    },
    {
      name: 'a name that is no policy, for the reader of policies to refuse',
      annotations: ['keel.sh/policy: mayor'],
      text: 'keel:mayor',
    },
  ])('$name', ({ annotations, text }) => {
    expect(policyBeside(annotations)).toEqual({ dialect: 'keel', text });
  });

  test.each([
    {
      name: 'labels alone',
      annotations: [],
      labels: ['keel.sh/policy: minor', 'keel.sh/matchPreRelease: "false"'],
      text: 'keel:minor; any-prerelease',
    },
    {
      name: 'annotations before labels, as a whole',
      annotations: ['keel.sh/policy: force'],
      labels: ['keel.sh/policy: minor', 'keel.sh/matchTag: "true"'],
      text: 'keel:force',
    },
    {
      name: 'labels where the annotations name no policy',
      annotations: ['keel.sh/matchTag: "true"'],
      labels: ['keel.sh/policy: force'],
      text: 'keel:force',
    },
  ])('$name', ({ annotations, labels, text }) => {
    expect(policyBeside(annotations, labels)).toEqual({ dialect: 'keel', text });
  });

  test.each([
    { name: 'the containers that are named', pattern: '^we', text: 'keel:all' },
    { name: 'no others', pattern: '^db$', text: undefined },
  ])('keel.sh/monitorContainers: $name', ({ pattern, text }) => {
    const annotations = ['keel.sh/policy: all', `keel.sh/monitorContainers: '${pattern}'`];
    expect(policyBeside(annotations)?.text).toBe(text);
  });

  test.each([
    { name: 'annotations beside a policy in labels', annotations: ["'^db$'"], labels: [], policy: 'label' },
    { name: 'labels beside a policy in annotations', annotations: [], labels: ["'^db$'"], policy: 'annotation' },
    { name: 'annotations before labels', annotations: ["'^db$'"], labels: ["'^we'"], policy: 'label' },
  ])('keel.sh/monitorContainers is read from $name', ({ annotations, labels, policy }) => {
    const keyed = (patterns: readonly string[], is: string) => [
      ...patterns.map((pattern) => `keel.sh/monitorContainers: ${pattern}`),
      ...(policy === is ? ['keel.sh/policy: all'] : []),
    ];
    expect(policyBeside(keyed(annotations, 'annotation'), keyed(labels, 'label'))).toBeUndefined();
  });

  test('a pattern of containers that is none holds all of them', () => {
    const annotations = ['keel.sh/policy: all', 'keel.sh/monitorContainers: "("'];
    expect(policyBeside(annotations)?.held).toBe('keel.sh/monitorContainers is "("; expected a regular expression');
  });

  test('init containers count where they are asked for', () => {
    const scan = (annotations: readonly string[], labels: readonly string[] = []) =>
      scanFile('f.yml', textWith(annotations, labels).replace('containers:', 'initContainers:')).sites[0]?.policy?.text;
    expect(scan(['keel.sh/policy: all'])).toBeUndefined();
    expect(scan(['keel.sh/policy: all', 'keel.sh/initContainers: "true"'])).toBe('keel:all');
    expect(scan(['keel.sh/initContainers: "true"'], ['keel.sh/policy: all'])).toBe('keel:all');
  });

  test('never asks for nothing, and the reason says what stands there', () => {
    const site = siteBeside(['keel.sh/policy: never']);
    expect(site?.policy).toBeUndefined();
    expect(site && unautomatedReason(site)).toBe('keel.sh/policy is "never", which asks for no update of it');
  });

  test('in the pod nothing reads them', () => {
    const text = deployment('a:1').replace(
      '  template:\n',
      '  template:\n    metadata:\n      annotations:\n        keel.sh/policy: all\n',
    );
    const [site] = scanFile('f.yml', text).sites;
    expect(site && unautomatedReason(site)).toBe(
      'keel.sh/policy stands in spec.template.metadata.annotations, where nothing reads it; move it to metadata.annotations',
    );
  });
});
