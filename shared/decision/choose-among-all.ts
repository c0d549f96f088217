import { choose } from '../policy/choose.ts';
import type { Choice, Policy, StandingTag, TagFacts } from '../policy/policy.ts';
import { confirm, keepsInstead } from './confirm.ts';
import type { LookUp } from './look-up.ts';
import { factsIfAny } from './standing.ts';

export interface AmongAll {
  readonly policy: Policy;
  readonly current: StandingTag | undefined;
  readonly lookUp: LookUp;
  /** Tags that must not be set, whatever the policy says. */
  readonly isBlocked: (tag: string) => boolean;
}

/** So many tags are asked about at once. */
const CONCURRENCY = 8;
/** The best of so many that are no images are passed over; each costs two requests. */
const MAX_PASSED_OVER = 20;
/** So many versions above the best candidate are held against what stands there. */
const MAX_ABOVE = 100;

/**
 * Chooses among all tags of an image: work that grows with their number. What is no image is passed over.
 *
 * @throws SluiceError `registry-…`, `policy-over-budget`
 */
export async function chooseAmongAll({ policy, current, lookUp, isBlocked }: AmongAll): Promise<Choice> {
  const listed = await lookUp.tags();
  let candidates = await candidatesOf(
    listed.filter((tag) => !isBlocked(tag)),
    policy,
    lookUp,
  );
  for (let passed = 0; ; passed += 1) {
    const choice = choose({ policy, current, candidates });
    if (choice.action !== 'update') {
      return choice;
    }
    const fault = await confirm(choice, lookUp);
    if (fault.action === 'update') {
      return (await keepsItsVersion(fault, { policy, current, lookUp }, listed)) ?? fault;
    }
    if (passed === MAX_PASSED_OVER) {
      return fault;
    }
    candidates = candidates.filter(({ tag }) => tag !== choice.to.tag);
  }
}

/** The tags with what the policy compares; the others show in the count of what was seen. */
async function candidatesOf(tags: readonly string[], policy: Policy, lookUp: LookUp): Promise<readonly TagFacts[]> {
  if (!policy.needsCreated) {
    return tags.map((tag) => ({ tag }));
  }
  const accepted = new Set(policy.accept(tags));
  const found = await factsOf([...accepted], policy, lookUp);
  return [...found, ...tags.filter((tag) => !accepted.has(tag)).map((tag) => ({ tag }))];
}

/** Facts in the order given; a tag that was deleted meanwhile is left out. */
async function factsOf(tags: readonly string[], policy: Policy, lookUp: LookUp): Promise<readonly TagFacts[]> {
  const facts: TagFacts[] = [];
  for (let at = 0; at < tags.length; at += CONCURRENCY) {
    const looks = tags.slice(at, at + CONCURRENCY).map(async (tag) => factsIfAny(tag, policy, lookUp));
    facts.push(...(await Promise.all(looks)).filter((one) => one !== undefined));
  }
  return facts;
}

/**
 * What a name without a rank (`latest`, a digest) points to may be a version that has one, above all that the policy
 * takes: then nothing moves down from it.
 */
async function keepsItsVersion(
  { to }: { readonly to: TagFacts },
  { policy, current, lookUp }: Omit<AmongAll, 'isBlocked'>,
  tags: readonly string[],
): Promise<Choice | undefined> {
  if (current === undefined || policy.needsCreated || policy.ranks(current.tag)) {
    return undefined;
  }
  const above = tags
    .filter((tag) => policy.ranks(tag) && policy.compare({ tag }, to) > 0)
    .toSorted((a, b) => policy.compare({ tag: b }, { tag: a }))
    .slice(0, MAX_ABOVE);
  if (above.length === 0) {
    return undefined;
  }
  const digest = current.pointsTo ?? (await factsIfAny(current.tag, policy, lookUp))?.digest;
  const same = (await factsOf(above, policy, lookUp)).find((one) => digest !== undefined && one.digest === digest);
  return (
    same &&
    keepsInstead('not-newer', `the current ${current.tag} is ${same.tag}, which ${policy.text} ranks above ${to.tag}`)
  );
}
