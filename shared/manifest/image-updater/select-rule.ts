import { shellGlobTest } from '../../policy/shell-glob.ts';
import { selects } from '../label-selector.ts';
import type { ApplicationFacts, UpdaterObjectFacts, UpdaterRule } from './facts.ts';

/** Does an `ImageUpdater` look at the namespace of this Application? One that is not written may be any. */
export function isInNamespace(
  { namespace }: Pick<ApplicationFacts, 'namespace'>,
  updater: Pick<UpdaterObjectFacts, 'namespace'>,
): boolean {
  return namespace === undefined || updater.namespace === undefined || namespace === updater.namespace;
}

/** A rule with its pattern read. */
export interface OpenRule {
  readonly rule: UpdaterRule;
  readonly isNamed: (name: string) => boolean;
}

/**
 * The rules of an `ImageUpdater`, the most specific one first: a whole name, then one with labels, then the one with the
 * most letters, then the first. A pattern that is none matches nothing.
 *
 * @see https://argocd-image-updater.readthedocs.io/en/stable/configuration/applications/#namepattern-specificity-rules
 */
export function openRules(rules: readonly UpdaterRule[]): readonly OpenRule[] {
  return rules
    .toSorted((a, b) => specificity(b) - specificity(a))
    .map((rule) => ({ rule, isNamed: shellGlobTest(rule.pattern) ?? (() => false) }));
}

/** The rule that an Application is under, which is the first that selects it; undefined where none does. */
export function ruleFor(
  application: Pick<ApplicationFacts, 'name' | 'labels'>,
  rules: readonly OpenRule[],
): UpdaterRule | undefined {
  return rules.find(
    ({ rule: { selector }, isNamed }) =>
      isNamed(application.name) && (selector === undefined || selects(selector, application.labels)),
  )?.rule;
}

const WILD = /[*?[\]]/;

function specificity({ pattern, selector }: UpdaterRule): number {
  const letters = pattern.replaceAll(/\[.*?\]|[*?]/g, '').length;
  const conditions = Object.keys(selector?.labels ?? {}).length + (selector?.expressions.length ?? 0);
  return (WILD.test(pattern) ? 0 : 1_000_000) + letters + (selector === undefined ? 0 : 10_000 + conditions * 100);
}
