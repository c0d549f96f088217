import { ageOf } from './age.ts';
import type { OmittedTag, Policy, StandingTag, TagFacts } from './policy.ts';
import type { Survey } from './survey.ts';

/** What mends an image without a time of its build. */
const SAY_WHEN = 'give it the label org.opencontainers.image.created, or rank it by semver';

/** Why the age of what stands there is not known. */
const LACKS = {
  gone: 'is not in the registry',
  unreadable: 'cannot be read',
  silent: 'does not say when it was built',
} as const;

const OMITTED: Readonly<Record<OmittedTag['because'], string>> = {
  blocked: 'blocked',
  'no-image': 'no image',
  'not-found': 'listed but gone',
  unreadable: 'not readable',
  'too-young': 'too young',
};

/** The words for each choice: they name the tags, the policy, and how many tags were seen where it was more than one. */
export const tell = {
  noMatch(policy: Policy, survey: Survey): string {
    const { all, omitted } = survey;
    const [only, ...others] = all;
    if (omitted.length > 0) {
      return `no tag that passes ${policy.text} may be set${counts(survey)}`;
    }
    return only !== undefined && others.length === 0
      ? policy.refusal(only.tag).reason
      : `no tag matches ${policy.text}${notes(seen(survey), ...leftOut(policy, all))}`;
  },

  noAge(policy: Policy, survey: Survey): string {
    const [first, ...others] = survey.matching;
    const subject = others.length === 0 ? `tag ${first?.tag} passes` : `${survey.matching.length} tags pass`;
    const image = others.length === 0 ? 'its image does' : 'their images do';
    const told = isOfMany(survey) ? notes(seen(survey), ...omissions(survey)) : '';
    return `${subject} ${policy.text}, but ${image} not say when built${told}: ${SAY_WHEN}`;
  },

  nothingThere(policy: Policy, best: TagFacts, survey: Survey): string {
    const standing = 'the registry has no image for what stands there';
    return `${best.tag} is the best match for ${policy.text}, and ${standing}${counts(survey)}`;
  },

  unranked(policy: Policy, best: TagFacts, current: TagFacts, survey: Survey): string {
    const standing = `the current ${current.tag} cannot be ranked by it`;
    return `${best.tag} is the best match for ${policy.text}, and ${standing}${counts(survey)}`;
  },

  newer(policy: Policy, best: TagFacts, current: StandingTag, survey: Survey): string {
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

  currentAge(policy: Policy, best: TagFacts, current: StandingTag, survey: Survey): string {
    const lack = LACKS[current.unknown ?? 'silent'];
    const verdict = `${best.tag} passes ${policy.text}, but the current ${current.tag} ${lack}`;
    return `${verdict}, so that it might be the newer one${counts(survey)}: set ${best.tag} by hand once`;
  },

  sameTag(policy: Policy, current: TagFacts, survey: Survey): string {
    const best = survey.omitted.length === 0 ? 'the best match' : 'the best that may be set';
    const verdict = isOfMany(survey) ? `stands there already and is ${best}` : 'stands there already';
    return `${current.tag} ${verdict} for ${policy.text}${counts(survey)}`;
  },

  pinned(policy: Policy, best: TagFacts): string {
    return `${best.tag} is to stand there with its digest, by ${policy.text}`;
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
    const foreign = policy.unrankable(all.map(({ tag }) => tag)).length;
    return foreign === 0 ? [] : [`${foreign} of them not in its scheme`];
  }
  const by = Map.groupBy(all, ({ tag }) => policy.refusal(tag).by);
  const [artifacts, latest] = [by.get('artifact')?.length, by.get('latest')];
  return [
    artifacts === undefined ? '' : `${artifacts} of them no images by their names`,
    latest === undefined
      ? ''
      : `${latest
          .map(({ tag }) => tag)
          .toSorted()
          .toReversed()
          .join(', ')} left out by its name`,
  ];
}

function counts(survey: Survey, ...others: readonly string[]): string {
  const { matching, unranked, omitted } = survey;
  return isOfMany(survey)
    ? notes(
        ...others,
        seen(survey),
        `${matching.length + omitted.length} match`,
        unranked === 0 ? '' : `${unranked} of unknown age`,
        ...omissions(survey),
      )
    : notes(...others);
}

function isOfMany({ all, omitted }: Survey): boolean {
  return all.length + omitted.length !== 1 || omitted.length > 0;
}

/** `2 blocked` */
function omissions({ omitted }: Survey): readonly string[] {
  return [...Map.groupBy(omitted, ({ because }) => because)].map(
    ([because, tags]) => `${tags.length} ${OMITTED[because]}`,
  );
}

function seen({ all, omitted }: Survey): string {
  const count = all.length + omitted.length;
  return count === 1 ? '1 tag seen' : `${count} tags seen`;
}

function times(policy: Policy, best: TagFacts, current: StandingTag): string {
  const latest = current.builtBefore === undefined ? '' : ' at the latest, when it was set here';
  return policy.needsCreated ? `of ${printAge(best)}, the current one of ${printAge(current)}${latest}` : '';
}

function printAge(facts: TagFacts): string {
  const age = ageOf(facts);
  return age === undefined ? 'an unknown time' : new Date(age).toISOString();
}

function notes(...parts: readonly string[]): string {
  const told = parts.filter((part) => part !== '');
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
}
