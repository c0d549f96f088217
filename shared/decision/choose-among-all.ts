import { choose } from '../policy/choose.ts';
import type { Choice, KeepCause, OmittedTag, Policy, StandingTag, TagFacts } from '../policy/policy.ts';
import { confirm, keepsInstead, type Update } from './confirm.ts';
import { holdYoung, YoungTags } from './hold-young.ts';
import { policies } from './repository-work.ts';
import { factsIfAny } from './standing.ts';
import { FaultyTags, type LeftOutTag, readTags } from './tag-facts.ts';
import type { TagLookup } from './tag-lookup.ts';

export interface AmongAll {
  readonly policy: Policy;
  readonly current: StandingTag | undefined;
  readonly lookUp: TagLookup;
  /** Tags that must not be set, whatever the policy says. */
  readonly isBlocked: (tag: string) => boolean;
  /** Is told of a tag that cannot be read. */
  readonly leftOut?: LeftOutTag | undefined;
}

/** The best of so many that are no images, or cannot be read, are passed over; each costs two requests. */
const MAX_PASSED_OVER = 20;
/** So many may be too young, each of which costs a request: a week of 140 pushes a day. */
const MAX_YOUNG = 1000;
/** As many are ranked in a few milliseconds. */
const MANY = 2000;
/** So many versions above the best candidate are held against what stands there. */
const MAX_ABOVE = 100;

/**
 * Chooses among all tags of an image: work that grows with their number. What is no image, or cannot be read, is passed
 * over for the next best.
 *
 * @throws SluiceError `registry-…`, `policy-over-budget`; `git-too-slow` where the repository's policies take too long
 */
export async function chooseAmongAll(among: AmongAll): Promise<Choice> {
  const { current, lookUp, isBlocked, leftOut = () => {} } = among;
  const listed = await lookUp.tags();
  const runner = policies();
  const policy = await runner.prepare(among.policy.text, listed, current?.tag);
  const blocked = policy.accept(listed.filter(isBlocked));
  const omitted: OmittedTag[] = blocked.map((tag) => ({ tag, because: 'blocked' }));
  const omit: LeftOutTag = (tag, error) => {
    omitted.push({ tag, because: error.code === 'registry-not-found' ? 'not-found' : 'unreadable' });
    leftOut(tag, error);
  };
  const reading = { policy, current, lookUp, leftOut };
  let candidates = await candidatesOf(
    listed.filter((tag) => !isBlocked(tag)),
    reading,
    omit,
  );
  const faulty = new FaultyTags(leftOut);
  const settle = async (choice: Update) => holdYoung(await confirm(choice, lookUp), policy, lookUp);
  const young = new YoungTags(policy, async (to) => settle({ action: 'update', to, reason: '' }));
  for (let passed = 0; ; ) {
    const some = candidates;
    const choice = await runner.run(() => choose({ policy, current, candidates: some, omitted }), some.length < MANY);
    if (choice.action !== 'update') {
      return young.hold(choice);
    }
    const settled = await settle(choice).catch((error: unknown) =>
      keepsInstead('unreadable', faulty.leaveOut(choice.to.tag, error).message),
    );
    if (settled.action === 'update') {
      return (await keepsItsVersion(settled, reading, listed)) ?? settled;
    }
    candidates = candidates.filter(({ tag }) => tag !== choice.to.tag);
    omitted.push({ tag: choice.to.tag, because: omissionOf(settled.because) });
    if (settled.because === 'held') {
      await young.passOver({ until: undefined, ...settled }, candidates);
    } else {
      passed += 1;
    }
    if (passed > MAX_PASSED_OVER || young.count > MAX_YOUNG) {
      const others = `nor can any of the ${passed + young.count - 1} above it be set`;
      return young.hold(keepsInstead(settled.because, `${settled.reason}; ${others}`));
    }
  }
}

function omissionOf(because: KeepCause): OmittedTag['because'] {
  if (because === 'held') {
    return 'too-young';
  }
  return because === 'no-image' || because === 'not-found' ? because : 'unreadable';
}

type Reading = Pick<AmongAll, 'policy' | 'current' | 'lookUp'> & { readonly leftOut: LeftOutTag };

/** The tags with what the policy compares; the others show in the count of what was seen. */
async function candidatesOf(tags: readonly string[], reading: Reading, omit: LeftOutTag): Promise<readonly TagFacts[]> {
  const { policy, current, lookUp, leftOut } = reading;
  if (!policy.needsCreated) {
    // Where a site pins the digest, or is to, its own tag may have been moved.
    const isPinned = policy.pins || current?.digest !== undefined;
    const pinned = current === undefined || !isPinned ? undefined : tags.find((tag) => tag === current.tag);
    const { facts } = await readTags(pinned === undefined ? [] : [pinned], policy, lookUp, leftOut);
    const [found] = facts;
    return tags.map((tag) => (tag === found?.tag ? found : { tag }));
  }
  const accepted = new Set(policy.accept(tags));
  const { facts, faults } = await readTags([...accepted], policy, lookUp, omit);
  if (facts.length === 0 && faults[0] !== undefined) {
    throw faults[0];
  }
  return [...facts, ...tags.filter((tag) => !accepted.has(tag)).map((tag) => ({ tag }))];
}

/**
 * What a name without a rank (`latest`, a digest) points to may be a version that has one, above all that the policy
 * takes: then nothing moves down from it.
 */
async function keepsItsVersion(
  { to }: { readonly to: TagFacts },
  { policy, current, lookUp, leftOut }: Reading,
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
  const { facts, faults } = await readTags(above, policy, lookUp, leftOut);
  const same = facts.find((one) => digest !== undefined && one.digest === digest);
  const unsettled = faults.find(({ retryable }) => retryable);
  if (same === undefined && unsettled !== undefined) {
    throw unsettled;
  }
  return (
    same &&
    keepsInstead('not-newer', `the current ${current.tag} is ${same.tag}, which ${policy.text} ranks above ${to.tag}`)
  );
}
