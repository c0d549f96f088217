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
      name: 'an empty filter, which is refused later',
      annotations: ["fluxcd.io/automated: 'true'", "fluxcd.io/tag.web: ''"],
      text: '',
    },
    {
      name: 'locked and ignore that are false',
      annotations: ["fluxcd.io/automated: 'true'", "fluxcd.io/locked: 'false'", "fluxcd.io/ignore: 'false'"],
      text: 'glob:*',
    },
    {
      name: 'ignore that says sync_only, which is about garbage collection',
      annotations: ["fluxcd.io/automated: 'true'", 'fluxcd.io/ignore: sync_only'],
      text: 'glob:*',
    },
    {
      name: 'ignore that says sync_only under the prefix before',
      annotations: ["flux.weave.works/automated: 'true'", 'flux.weave.works/ignore: sync_only'],
      text: 'glob:*',
    },
  ])('ask for updates: $name', ({ annotations, text }) => {
    expect(policyBeside(annotations)).toMatchObject({ dialect: 'flux-v1', text, held: undefined });
  });

  test.each([
    { name: 'none', annotations: [] },
    { name: 'a filter alone', annotations: ['fluxcd.io/tag.web: semver:~1'] },
    { name: 'false', annotations: ["fluxcd.io/automated: 'false'"] },
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
    { annotations: ["flux.weave.works/ignore: 'true'"], held: 'ignored (ignore: true)' },
    {
      annotations: ['flux.weave.works/ignore: sync_only', "fluxcd.io/ignore: 'true'"],
      held: 'ignored (ignore: true)',
    },
    { annotations: ['fluxcd.io/ignore: sync_only', "fluxcd.io/locked: 'true'"], held: 'locked' },
  ])('hold updates back: $held', ({ annotations, held }) => {
    expect(policyBeside(["fluxcd.io/automated: 'true'", 'fluxcd.io/tag.web: semver:~1', ...annotations])).toEqual({
      dialect: 'flux-v1',
      text: 'semver:~1',
      held,
    });
  });

  test.each([
    {
      name: 'a filter of a container that is nearly there',
      annotations: ["fluxcd.io/automated: 'true'", 'fluxcd.io/tag.wep: semver:~1'],
      held: 'the annotation fluxcd.io/tag.wep names no container of the workload; did you mean fluxcd.io/tag.web?',
    },
    {
      name: 'a filter of a container that is not there, beside one that is',
      annotations: ["fluxcd.io/automated: 'true'", 'fluxcd.io/tag.web: semver:~1', 'fluxcd.io/tag.worker: semver:~2'],
      held: 'the annotation fluxcd.io/tag.worker names no container of the workload; it has web',
    },
    {
      name: 'a filter of its own prefix',
      annotations: ["fluxcd.io/automated: 'true'", 'filter.fluxcd.io/wbe: glob:main-*'],
      held: 'the annotation filter.fluxcd.io/wbe names no container of the workload; did you mean filter.fluxcd.io/web?',
    },
    {
      name: 'a filter under the prefix before',
      annotations: ["flux.weave.works/automated: 'true'", 'flux.weave.works/tag.webb: semver:~1'],
      held: 'the annotation flux.weave.works/tag.webb names no container of the workload; did you mean flux.weave.works/tag.web?',
    },
    {
      name: 'a filter by a word that is nearly one',
      annotations: ["fluxcd.io/automated: 'true'", 'fluxcd.io/tags.web: semver:~1'],
      held: 'the annotation fluxcd.io/tags.web is unknown; did you mean fluxcd.io/tag.web?',
    },
    {
      name: 'a filter under a prefix that is nearly one',
      annotations: ["fluxcd.io/automated: 'true'", 'fluxc.io/tag.web: semver:~1'],
      held: 'the annotation fluxc.io/tag.web is unknown; did you mean fluxcd.io/tag.web?',
    },
    {
      name: 'a lock by a word that is nearly one',
      annotations: ["fluxcd.io/automated: 'true'", "fluxcd.io/lock: 'true'", "fluxcd.io/loked: 'true'"],
      held: 'the annotation fluxcd.io/lock is unknown; did you mean fluxcd.io/locked?',
    },
    {
      name: 'a lock that is neither true nor false',
      annotations: ["fluxcd.io/automated: 'true'", "fluxcd.io/locked: 'yes'"],
      held: 'the annotation locked is "yes"; expected "true" or "false"',
    },
    ...['sync-only', 'Sync_Only', 'sync_only ', 'synconly'].map((text) => ({
      name: `an ignore that nobody knows, "${text}"`,
      annotations: ["fluxcd.io/automated: 'true'", `fluxcd.io/ignore: '${text}'`],
      held: `the annotation ignore is ${JSON.stringify(text)}; expected "true" or "false" or "sync_only"`,
    })),
    ...['yes', 'True', 'true ', '1'].map((text) => ({
      name: `automated that says "${text}"`,
      annotations: [`fluxcd.io/automated: '${text}'`],
      held: `the annotation automated is ${JSON.stringify(text)}; expected "true" or "false"`,
    })),
    {
      name: 'automated misspelt',
      annotations: ["fluxcd.io/automatd: 'true'"],
      held: 'the annotation fluxcd.io/automatd is unknown; did you mean fluxcd.io/automated?',
    },
  ])('hold the workload where they do not do what they say: $name', ({ annotations, held }) => {
    expect(policyBeside(annotations)?.held).toBe(held);
  });

  test('of others under the same prefix hold nothing', () => {
    const annotations = ["fluxcd.io/automated: 'true'", 'fluxcd.io/sync-checksum: abc', 'fluxcd.io/team: shop'];
    expect(policyBeside(annotations)).toMatchObject({ dialect: 'flux-v1', text: 'glob:*', held: undefined });
  });

  test('of a pod template do not count, those of the workload do', () => {
    const text = deployment('a:1').replace(
      '  template:',
      "  template:\n    metadata: {annotations: {fluxcd.io/automated: 'true'}}",
    );
    expect(scanFile('f.yml', text).sites).toMatchObject([{ image: 'a:1', policy: undefined }]);
  });
});
