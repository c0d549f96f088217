import { describe, expect, test } from 'vitest';
import { scanFile } from '../../../shared/manifest/scan.ts';
import type { SitePolicy } from '../../../shared/manifest/site.ts';
import { deployment } from './manifests.ts';

function policyBeside(annotations: readonly string[]): SitePolicy | undefined {
  const [site] = scanFile('f.yml', deployment('a:1', annotations)).sites;
  return site?.policy;
}

describe('the annotations of Flux v1', () => {
  test.each([
    {
      name: 'the prefix in use',
      annotations: ["fluxcd.io/automated: 'true'", 'fluxcd.io/tag.web: semver:~1'],
      text: 'semver:~1',
    },
    {
      name: 'the prefix before it',
      annotations: ["flux.weave.works/automated: 'true'", 'flux.weave.works/tag.web: regexp:^((?!tmp).)*$'],
      text: 'regexp:^((?!tmp).)*$',
    },
    {
      name: 'a filter of its own prefix',
      annotations: ["fluxcd.io/automated: 'true'", 'filter.fluxcd.io/web: glob:main-*'],
      text: 'glob:main-*',
    },
    {
      name: 'both prefixes mixed',
      annotations: ["flux.weave.works/automated: 'true'", 'fluxcd.io/tag.web: main-*'],
      text: 'main-*',
    },
    {
      name: 'both prefixes at odds',
      annotations: [
        "flux.weave.works/automated: 'false'",
        "fluxcd.io/automated: 'true'",
        'flux.weave.works/tag.web: a',
        'fluxcd.io/tag.web: b',
      ],
      text: 'b',
    },
    { name: 'no filter', annotations: ["fluxcd.io/automated: 'true'"], text: 'glob:*' },
    {
      name: 'a filter of another container',
      annotations: ["fluxcd.io/automated: 'true'", 'fluxcd.io/tag.other: b'],
      text: 'glob:*',
    },
    {
      name: 'an empty filter, which is refused later',
      annotations: ["fluxcd.io/automated: 'true'", "fluxcd.io/tag.web: ''"],
      text: '',
    },
    {
      name: 'locked and ignore that are not true',
      annotations: ["fluxcd.io/automated: 'true'", "fluxcd.io/locked: 'yes'", "fluxcd.io/ignore: 'false'"],
      text: 'glob:*',
    },
  ])('ask for updates: $name', ({ annotations, text }) => {
    expect(policyBeside(annotations)).toEqual({ dialect: 'flux-v1', text, held: undefined });
  });

  test.each([
    { name: 'none', annotations: [] },
    { name: 'a filter alone', annotations: ['fluxcd.io/tag.web: semver:~1'] },
    { name: 'false', annotations: ["fluxcd.io/automated: 'false'"] },
    { name: 'another spelling of true', annotations: ["fluxcd.io/automated: 'True'"] },
    { name: 'yes', annotations: ["fluxcd.io/automated: 'yes'"] },
    { name: 'a space too many', annotations: ["fluxcd.io/automated: 'true '"] },
    { name: 'a switch, not a text', annotations: ['fluxcd.io/automated: true'] },
    { name: 'nothing', annotations: ['fluxcd.io/automated:'] },
    { name: 'locked alone', annotations: ["fluxcd.io/locked: 'true'"] },
  ])('ask for none: $name', ({ annotations }) => {
    expect(policyBeside(annotations)).toBeUndefined();
  });

  test.each([
    { annotations: ["fluxcd.io/locked: 'true'"], held: 'locked' },
    { annotations: ["flux.weave.works/locked: 'true'", 'flux.weave.works/locked_user: jane'], held: 'locked by jane' },
    {
      annotations: ["fluxcd.io/locked: 'true'", 'fluxcd.io/locked_msg: not before Monday', "fluxcd.io/locked_user: ''"],
      held: 'locked: not before Monday',
    },
    {
      annotations: [
        "fluxcd.io/locked: 'true'",
        'fluxcd.io/locked_user: jane <j@example.com>',
        'fluxcd.io/locked_msg: bug 7',
      ],
      held: 'locked by jane <j@example.com>: bug 7',
    },
    { annotations: ["fluxcd.io/ignore: 'true'"], held: 'ignored (ignore: true)' },
    { annotations: ['flux.weave.works/ignore: sync_only'], held: 'ignored (ignore: sync_only)' },
  ])('hold updates back: $held', ({ annotations, held }) => {
    expect(policyBeside(["fluxcd.io/automated: 'true'", 'fluxcd.io/tag.web: semver:~1', ...annotations])).toEqual({
      dialect: 'flux-v1',
      text: 'semver:~1',
      held,
    });
  });

  test('of a pod template do not count, those of the workload do', () => {
    const text = deployment('a:1').replace(
      '  template:',
      "  template:\n    metadata: {annotations: {fluxcd.io/automated: 'true'}}",
    );
    expect(scanFile('f.yml', text).sites).toMatchObject([{ image: 'a:1', policy: undefined }]);
  });
});
