import { describe, expect, test } from 'vitest';
import type { UpdaterRule } from '../../../../shared/manifest/image-updater/facts.ts';
import { isInNamespace, openRules, ruleFor } from '../../../../shared/manifest/image-updater/select-rule.ts';
import { NO_WRITE_BACK } from '../../../../shared/manifest/image-updater/write-back.ts';
import type { LabelSelector } from '../../../../shared/manifest/label-selector.ts';

function rule(pattern: string, selector?: Partial<LabelSelector>): UpdaterRule {
  return {
    pattern,
    selector: selector && { labels: {}, expressions: [], ...selector },
    usesAnnotations: false,
    images: [],
    writeBack: NO_WRITE_BACK,
  };
}

const APPLICATION = { name: 'web-prod', labels: { tier: 'front', env: 'prod' } };

/** The patterns that are there, and the one that counts. */
describe('the rule that an Application is under', () => {
  test.each([
    { name: 'a name', rules: [rule('*'), rule('web-prod')], found: 'web-prod' },
    { name: 'more letters', rules: [rule('web-*'), rule('web-pr*'), rule('*')], found: 'web-pr*' },
    { name: 'labels, before letters', rules: [rule('web-pro*'), rule('*', { labels: { tier: 'front' } })], found: '*' },
    {
      name: 'a name, before labels',
      rules: [rule('web-prod'), rule('*', { labels: { tier: 'front' } })],
      found: 'web-prod',
    },
    {
      name: 'more labels',
      rules: [rule('web-*', { labels: { tier: 'front' } }), rule('*', { labels: APPLICATION.labels })],
      found: '*',
    },
    { name: 'the first of equals', rules: [rule('web-?rod'), rule('w*b-prod')], found: 'web-?rod' },
    { name: 'none of another name', rules: [rule('web'), rule('api-*')], found: undefined },
    { name: 'none by a pattern that is none', rules: [rule('web-[')], found: undefined },
    { name: 'none of other labels', rules: [rule('*', { labels: { tier: 'back' } })], found: undefined },
    { name: 'none of a label that it lacks', rules: [rule('*', { labels: { team: 'a' } })], found: undefined },
  ])('$name', ({ rules, found }) => {
    expect(ruleFor(APPLICATION, openRules(rules))?.pattern).toBe(found);
  });

  test.each([
    { operator: 'In', key: 'env', values: ['prod', 'stage'], isMet: true },
    { operator: 'In', key: 'env', values: ['stage'], isMet: false },
    { operator: 'In', key: 'team', values: ['a'], isMet: false },
    { operator: 'NotIn', key: 'env', values: ['stage'], isMet: true },
    { operator: 'NotIn', key: 'env', values: ['prod'], isMet: false },
    { operator: 'NotIn', key: 'team', values: ['a'], isMet: true },
    { operator: 'NotIn', key: 'team', values: [], isMet: false },
    { operator: 'Exists', key: 'env', values: [], isMet: true },
    { operator: 'Exists', key: 'team', values: [], isMet: false },
    { operator: 'DoesNotExist', key: 'team', values: [], isMet: true },
    { operator: 'DoesNotExist', key: 'env', values: [], isMet: false },
    { operator: 'Equals', key: 'env', values: ['prod'], isMet: false },
  ])('$key $operator $values: $isMet', ({ isMet, ...expression }) => {
    const selected = ruleFor(APPLICATION, openRules([rule('*', { expressions: [expression] })]));
    expect(selected !== undefined).toBe(isMet);
  });
});

test.each([
  { application: 'argocd', updater: 'argocd', isIn: true },
  { application: 'argocd', updater: 'apps', isIn: false },
  { application: undefined, updater: 'apps', isIn: true },
  { application: 'argocd', updater: undefined, isIn: true },
])('an Application in $application, an ImageUpdater of $updater: $isIn', ({ application, updater, isIn }) => {
  expect(isInNamespace({ namespace: application }, { namespace: updater })).toBe(isIn);
});
