import type { Hold } from '../hold/hold.ts';
import type { Choice, Policy, TagFacts } from '../policy/policy.ts';
import { heldBy } from './site-hold.ts';
import type { TagLookup } from './tag-lookup.ts';

/** So many are asked about at once. */
const AT_ONCE = 8;

/**
 * The choice, where its image has been at the registry for as long as the policy asks; else until when the site keeps its
 * own. The digest that is written counts: of an index its own, not those of its platforms.
 *
 * @param choice as the registry confirmed it, with its digest
 */
export async function holdYoung(choice: Choice, { minAge }: Policy, lookUp: TagLookup): Promise<Choice> {
  if (choice.action !== 'update' || minAge === undefined) {
    return choice;
  }
  const { to } = choice;
  const { tag, digest } = to;
  if (digest === undefined) {
    return heldBy({ reason: `nobody knows which image ${tag} is, nor how old`, until: undefined });
  }
  const { at, youngUntil } = await lookUp.firstSeen({ tag, digest }, { minAgeMillis: minAge.millis });
  const seenAt = new Date(at).toISOString();
  return youngUntil === undefined
    ? { ...choice, to: { ...to, seenAt } }
    : heldBy({ reason: `${tag} is younger than ${minAge.text}, first seen ${seenAt}`, until: youngUntil }, to);
}

/** A hold of one image. */
type TagHold = Hold & Pick<Extract<Choice, { readonly action: 'keep' }>, 'to'>;

/** What is passed over as too young among all tags of an image. */
export class YoungTags {
  readonly #policy: Policy;
  /** Settles whether a tag may be set; what was asked once is known then. */
  readonly #settle: (tag: TagFacts) => Promise<unknown>;
  readonly #holds: TagHold[] = [];
  #asked = 0;

  constructor(policy: Policy, settle: (tag: TagFacts) => Promise<unknown>) {
    this.#policy = policy;
    this.#settle = settle;
  }

  get count(): number {
    return this.#holds.length;
  }

  /** Passes one over. @param others that are left; the best of them are asked about at once, since they may be young too */
  async passOver({ reason, until, to }: TagHold, others: readonly TagFacts[]): Promise<void> {
    this.#holds.push({ reason, until, to });
    if (this.#holds.length > this.#asked) {
      this.#asked += AT_ONCE;
      await Promise.allSettled(this.#best(others).map(this.#settle));
    }
  }

  /** The choice; where a site keeps its image because others are too young, until the first of them is old enough. */
  hold(choice: Choice): Choice {
    const [first, ...others] = this.#holds.toSorted((a, b) => (a.until ?? 0) - (b.until ?? 0));
    if (choice.action === 'update' || first === undefined) {
      return choice;
    }
    const more = others.length === 0 ? '' : `, with ${others.length} more`;
    return heldBy({ ...first, reason: `${first.reason}${more}` }, first.to);
  }

  #best(tags: readonly TagFacts[]): readonly TagFacts[] {
    const accepted = new Set(this.#policy.accept(tags.map(({ tag }) => tag)));
    return tags
      .filter((one) => accepted.has(one.tag))
      .toSorted((a, b) => this.#policy.compare(b, a))
      .slice(0, AT_ONCE);
  }
}
