import type { Policy } from '../policy/policy.ts';

/** The policy, where it is known which of some tags it accepts: of those it is not asked again, and of none twice. */
export function withVerdicts(policy: Policy, tags: readonly string[], accepted: ReadonlySet<string>): Policy {
  const judged = new Set(tags);
  const ranked = new Map<string, boolean>();
  const accepts = (tag: string) => (judged.has(tag) ? accepted.has(tag) : policy.accept([tag]).length > 0);
  return {
    ...policy,
    accept: (asked) => asked.filter(accepts),
    match(all, visit) {
      for (const facts of all) {
        if (accepts(facts.tag)) {
          visit(facts, policy.rank(facts));
        }
      }
    },
    ranks(tag) {
      // What it accepts is of its scheme.
      const verdict = accepted.has(tag) || (ranked.get(tag) ?? policy.ranks(tag));
      ranked.set(tag, verdict);
      return verdict;
    },
  };
}
