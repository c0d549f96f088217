import type { Policy } from '../policy/policy.ts';

/** The policy, where it is known which of some tags it accepts: of those it is not asked again, and of none twice. */
export function withVerdicts(policy: Policy, tags: readonly string[], accepted: ReadonlySet<string>): Policy {
  const judged = new Set(tags);
  const ranked = new Map<string, boolean>();
  return {
    ...policy,
    accept: (asked) => asked.filter((tag) => (judged.has(tag) ? accepted.has(tag) : policy.accept([tag]).length > 0)),
    ranks(tag) {
      // What it accepts is of its scheme.
      const verdict = accepted.has(tag) || (ranked.get(tag) ?? policy.ranks(tag));
      ranked.set(tag, verdict);
      return verdict;
    },
  };
}
