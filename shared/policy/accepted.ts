import type { TagFacts } from './policy.ts';
import type { Scheme } from './scheme.ts';
import type { TagFilter } from './tag-filter.ts';

/** What accepts tags: a filter, and behind it a scheme. */
interface Accepting {
  readonly scheme: Scheme;
  readonly filter: TagFilter;
}

/**
 * The tags that the filter and the scheme take, in the order given.
 *
 * @throws SluiceError `policy-over-budget`
 */
export function acceptedTags(accepting: Accepting, tags: readonly string[]): readonly string[] {
  const { scheme, filter } = accepting;
  if (!filter.extracts) {
    return scheme.accept(filter.passingTags(tags));
  }
  const accepted: string[] = [];
  eachText(accepting, tags, (tag) => accepted.push(tag));
  return accepted;
}

/**
 * Visits the same, each with the text of it that is ranked.
 *
 * @throws SluiceError `policy-over-budget`
 */
export function eachAccepted(
  accepting: Accepting,
  all: readonly TagFacts[],
  visit: (facts: TagFacts, text: string) => void,
): void {
  if (accepting.filter.isEmpty && accepting.scheme.takesAny === true) {
    for (const facts of all) {
      visit(facts, facts.tag);
    }
    return;
  }
  const tags = all.map(({ tag }) => tag);
  let next = 0;
  eachText(accepting, tags, (tag, text) => {
    while (next < tags.length && tags[next] !== tag) {
      next += 1;
    }
    const facts = all[next];
    next += 1;
    if (facts !== undefined) {
      visit(facts, text);
    }
  });
}

/** What passes comes in the order given, so that one look at each finds its text. */
function eachText(
  { scheme, filter }: Accepting,
  given: readonly string[],
  visit: (tag: string, text: string) => void,
): void {
  if (filter.extracts && filter.note !== undefined) {
    // What it extracts says nothing of the tag, and would rank all of them alike.
    return;
  }
  const { tags, texts } = filter.passing(given);
  const accepted = scheme.accept(texts);
  let next = 0;
  for (let at = 0; next < accepted.length; at += 1) {
    const tag = tags[at];
    const text = texts[at];
    if (tag !== undefined && text !== undefined && text === accepted[next]) {
      next += 1;
      visit(tag, text);
    }
  }
}
