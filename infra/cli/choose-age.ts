import { ageOf } from '../../shared/policy/age.ts';
import { choose } from '../../shared/policy/choose.ts';
import type { MinAge } from '../../shared/policy/min-age.ts';
import type { Choice, Policy, StandingTag, TagFacts } from '../../shared/policy/policy.ts';

/** Tags that a policy would take if they were older, each with why it is held. */
export type HeldTags = ReadonlyMap<string, string>;

/** What a policy says of a list of tags. */
export interface AgedChoice {
  readonly choice: Choice;
  readonly held: HeldTags;
}

/**
 * Chooses among tags, with what is too young for the policy held back. A list has no witness: the time behind a tag is
 * taken for when its image was first seen, and a tag without one for too young.
 *
 * @param current what stands at the site, which is never held
 * @param now milliseconds since the epoch
 * @throws SluiceError `policy-over-budget`
 */
export function chooseByAge(
  policy: Policy,
  current: StandingTag | undefined,
  all: readonly TagFacts[],
  now: number,
): AgedChoice {
  const held = heldTags(policy, current, all, now);
  const candidates = all.filter(({ tag }) => !held.has(tag));
  const omitted = [...held.keys()].map((tag) => ({ tag, because: 'too-young' }) as const);
  const choice = choose({ policy, current, candidates, omitted });
  const wanted = choice.action === 'update' || held.size === 0 ? choice : choose({ policy, current, candidates: all });
  const reason = wanted.action === 'update' ? held.get(wanted.to.tag) : undefined;
  return wanted.action === 'update' && reason !== undefined
    ? { choice: { action: 'keep', because: 'held', reason: `${wanted.to.tag} is ${reason}` }, held }
    : { choice, held };
}

/**
 * Lets nothing be updated for the reason of a clause `hold`.
 *
 * @param reason undefined where the line has none
 */
export function holdBack({ choice, held }: AgedChoice, reason: string | undefined): AgedChoice {
  if (reason === undefined || choice.action !== 'update') {
    return { choice, held };
  }
  const { tag } = choice.to;
  return {
    choice: { action: 'keep', because: 'held', reason: `${tag} is ${reason}` },
    held: new Map([...held, [tag, reason]]),
  };
}

function heldTags(
  policy: Policy,
  current: StandingTag | undefined,
  all: readonly TagFacts[],
  now: number,
): Map<string, string> {
  const { minAge } = policy;
  const accepted = new Set(minAge === undefined ? [] : policy.accept(all.map(({ tag }) => tag)));
  const aged = all.filter(({ tag, digest }) => {
    const isStanding = tag === current?.tag && (current.digest === undefined || current.digest === digest);
    return accepted.has(tag) && !isStanding;
  });
  return new Map(
    aged.flatMap((facts) => {
      const reason = minAge && whyHeld(facts, minAge, now);
      return reason === undefined ? [] : [[facts.tag, reason]];
    }),
  );
}

function whyHeld(facts: TagFacts, { text, millis }: MinAge, now: number): string | undefined {
  const seenAt = ageOf(facts);
  if (seenAt === undefined) {
    return `held until it is older than ${text}, and the list does not say how old it is`;
  }
  const until = seenAt + millis;
  return until <= now ? undefined : `younger than ${text}, and goes at ${new Date(until).toISOString()}`;
}
