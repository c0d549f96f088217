import { ageOf } from './age.ts';
import type { Policy, TagFacts } from './policy.ts';

/** What a policy makes of the tags it was shown. */
export interface Survey {
  readonly all: readonly TagFacts[];
  /** Those that pass its filter. */
  readonly matching: readonly TagFacts[];
  /** Those of them that it can rank. */
  readonly rankable: readonly TagFacts[];
}

/** What mends an image without a time of its build. */
const SAY_WHEN = 'give it the label org.opencontainers.image.created, or rank it by semver';

/** The words for each choice: they name the tags, the policy, and how many tags were seen where it was more than one. */
export const tell = {
  noMatch(policy: Policy, { all }: Survey): string {
    const [only, ...others] = all;
    return only !== undefined && others.length === 0
      ? policy.refusal(only.tag).reason
      : `no tag matches ${policy.text}${notes(seen(all), ...leftOut(policy, all))}`;
  },

  noAge(policy: Policy, { all, matching }: Survey): string {
    const [first, ...others] = matching;
    const subject = others.length === 0 ? `tag ${first?.tag} passes` : `${matching.length} tags pass`;
    const image = others.length === 0 ? 'its image does' : 'their images do';
    return `${subject} ${policy.text}, but ${image} not say when built${notes(all.length > 1 ? seen(all) : '')}: ${SAY_WHEN}`;
  },

  nothingThere(policy: Policy, best: TagFacts, survey: Survey): string {
    return `${best.tag} is the best match for ${policy.text}, and no tag stands there${counts(survey)}`;
  },

  unranked(policy: Policy, best: TagFacts, current: TagFacts, survey: Survey): string {
    const standing = `the current ${current.tag} cannot be ranked by it`;
    return `${best.tag} is the best match for ${policy.text}, and ${standing}${counts(survey)}`;
  },

  newer(policy: Policy, best: TagFacts, current: TagFacts, survey: Survey): string {
    const verdict = `${best.tag} is ranked above the current ${current.tag} by ${policy.text}`;
    return verdict + counts(survey, times(policy, best, current));
  },

  notNewer(policy: Policy, best: TagFacts, current: TagFacts, survey: Survey): string {
    const verdict = `${best.tag} is ranked at or below the current ${current.tag} by ${policy.text}`;
    return verdict + counts(survey, times(policy, best, current));
  },

  ownName(policy: Policy, best: TagFacts, current: TagFacts, survey: Survey): string {
    return `${best.tag} passes ${policy.text} and names the image that the current ${current.tag} points to${counts(survey)}`;
  },

  currentAge(policy: Policy, best: TagFacts, current: TagFacts, survey: Survey): string {
    const verdict = `${best.tag} passes ${policy.text}, but when the current ${current.tag} was built is not known`;
    return `${verdict}, so that it might be the newer one${counts(survey)}`;
  },

  sameTag(policy: Policy, current: TagFacts, survey: Survey): string {
    const verdict = survey.all.length === 1 ? 'stands there already' : `stands there already and is the best match`;
    return `${current.tag} ${verdict} for ${policy.text}${counts(survey)}`;
  },

  otherDigest(best: TagFacts): string {
    return `${best.tag} points to another digest now`;
  },

  olderDigest(policy: Policy, best: TagFacts, current: TagFacts, survey: Survey): string {
    const verdict = `${best.tag} points to an image now that ${policy.text} ranks below the current one`;
    return verdict + counts(survey, times(policy, best, current));
  },
};

/** Why tags were not even compared, where that is not what the filter says. */
function leftOut(policy: Policy, all: readonly TagFacts[]): readonly string[] {
  if (!policy.needsCreated) {
    const foreign = all.filter(({ tag }) => !policy.ranks(tag)).length;
    return foreign === 0 ? [] : [`${foreign} of them not in its scheme`];
  }
  const by = Map.groupBy(all, ({ tag }) => policy.refusal(tag).by);
  const [artifacts, latest] = [by.get('artifact')?.length, by.get('latest')];
  return [
    artifacts === undefined ? '' : `${artifacts} of them no images by their names`,
    latest === undefined ? '' : `${latest.map(({ tag }) => tag).join(', ')} left out by its name`,
  ];
}

function counts({ all, matching, rankable }: Survey, ...others: readonly string[]): string {
  const skipped = matching.length - rankable.length;
  return all.length === 1
    ? notes(...others)
    : notes(...others, seen(all), `${matching.length} match`, skipped === 0 ? '' : `${skipped} of unknown age`);
}

function seen(all: readonly TagFacts[]): string {
  return all.length === 1 ? '1 tag seen' : `${all.length} tags seen`;
}

function times(policy: Policy, best: TagFacts, current: TagFacts): string {
  return policy.needsCreated ? `of ${printAge(best)}, the current one of ${printAge(current)}` : '';
}

function printAge(facts: TagFacts): string {
  const age = ageOf(facts);
  return age === undefined ? 'an unknown time' : new Date(age).toISOString();
}

function notes(...parts: readonly string[]): string {
  const told = parts.filter((part) => part !== '');
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}
