import { isArtifactTag } from '../image/artifact.ts';
import { acceptedTags, eachAccepted } from './accepted.ts';
import type { MinAge } from './min-age.ts';
import type { Policy, Refusal, TagFacts } from './policy.ts';
import { compareRanks } from './rank.ts';
import { artifactLeftOut, doesNotPass, filteredOut, latestLeftOut } from './refusal.ts';
import type { Scheme } from './scheme.ts';
import type { Passed, TagFilter } from './tag-filter.ts';

/** What a policy is made of. */
export interface PolicyParts {
  /** As people wrote it. */
  readonly text: string;
  readonly scheme: Scheme;
  readonly filter: TagFilter;
  /** Does the site get a digest beside its tag? */
  readonly pins: boolean;
  readonly minAge?: MinAge | undefined;
}

/**
 * A policy of a way to rank and of filters, under the rules that hold whatever they say: the tag `latest` is no candidate
 * where the scheme drops it, and a tag of what belongs to an image (its signature, say) never is.
 */
export function composePolicy(parts: PolicyParts): Policy {
  const { text, scheme, filter, pins, minAge } = parts;
  const { from } = scheme;
  const includes = (tag: string) => !isArtifactTag(tag) && (scheme.dropsLatest !== true || !isLatest(tag));
  const rank = (facts: TagFacts) => {
    const ranked = filter.textOf(facts.tag);
    return ranked === undefined ? undefined : scheme.rank(ranked, facts);
  };
  return {
    text,
    needsCreated: scheme.needsCreated,
    isLinear: scheme.isLinear && filter.isLinear,
    pins: pins || scheme.pins === true,
    minAge,
    accept: (tags) => acceptedTags(parts, tags).filter(includes),
    match: (all, visit) =>
      eachAccepted(parts, all, (facts, ranked) => {
        if (includes(facts.tag)) {
          visit(facts, scheme.rank(ranked, facts));
        }
      }),
    refusal: (tag) => refusal(parts, tag, includes(tag)),
    unrankable: (tags) => unrankable(parts, tags).filter(includes),
    ranks: (tag) => includes(tag) && isOfScheme(parts, tag),
    rank,
    compare(a, b) {
      const [left, right] = [rank(a), rank(b)];
      return left === undefined || right === undefined ? 0 : compareRanks(left, right);
    },
    ...(from && { from: (standing) => composePolicy({ ...parts, scheme: from(standing && filter.textOf(standing)) }) }),
  };
}

function unrankable({ scheme, filter }: PolicyParts, tags: readonly string[]): readonly string[] {
  const { needsCreated, recognises } = scheme;
  return needsCreated || recognises === undefined ? [] : unrecognised(filter.passing(tags), recognises);
}

function unrecognised({ tags, texts }: Passed, recognises: (text: string) => boolean): readonly string[] {
  return tags.filter((_, at) => !recognises(texts[at] ?? ''));
}

/**
 * Where the scheme tells its own texts (versions, numbers) they have a rank whether a filter lets them through or not:
 * nothing moves down from what was left out since. Where it takes any text, the filters say what is of it.
 */
function isOfScheme({ scheme, filter }: PolicyParts, tag: string): boolean {
  if (scheme.recognises === undefined) {
    return filter.passes(tag);
  }
  const text = filter.textOf(tag);
  return text !== undefined && scheme.recognises(text);
}

function refusal({ text, scheme, filter }: PolicyParts, tag: string, isIncluded: boolean): Refusal {
  if (isArtifactTag(tag)) {
    return artifactLeftOut(tag);
  }
  const filtered = filter.refusalOf(tag);
  if (filtered !== undefined) {
    return filteredOut(tag, filtered);
  }
  const ranked = filter.textOf(tag) ?? tag;
  if (!isIncluded && scheme.accept([ranked]).length > 0) {
    return latestLeftOut(tag, text);
  }
  const notes = [ranked === tag ? '' : `as ${JSON.stringify(ranked)}`, filter.note ?? scheme.noteOn(ranked) ?? ''];
  const note = notes.filter((one) => one !== '').join(', ');
  return doesNotPass(tag, text, note === '' ? undefined : note);
}

const LATEST = 'latest';

function isLatest(tag: string): boolean {
  return tag.length === LATEST.length && tag.toLowerCase() === LATEST;
}
