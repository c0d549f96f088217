import { compilePattern } from './compile-pattern.ts';
import type { Pattern } from './pattern.ts';
import { policyInvalid } from './policy-invalid.ts';
import { shellGlobTest } from './shell-glob.ts';
import { Template } from './template.ts';

/** Filters as they are written. */
export interface FilterTexts {
  /** A regular expression that the tag has to have in it. Flux v2: `filterTags.pattern`. */
  readonly filter?: string | undefined;
  /** What of it is ranked, in the place of the tag. Flux v2: `filterTags.extract`. */
  readonly extract?: string | undefined;
  /** A regular expression, with `regexp:` before it or not. Argo CD Image Updater: `allow-tags`. */
  readonly allow?: string | undefined;
  /** A regular expression that the tag must not have in it. Flux v2: `exclusionList` of an ImageRepository. */
  readonly exclude?: string | undefined;
  /** Globs of a shell. Argo CD Image Updater: `ignore-tags`. */
  readonly ignore?: readonly string[] | undefined;
}

/** Tags that pass, in the order given, and of each the text that is ranked: at the same place. */
export interface Passed {
  readonly tags: readonly string[];
  readonly texts: readonly string[];
}

interface Ignored {
  readonly glob: string;
  readonly matches: (tag: string) => boolean;
}

/** What narrows the tags of a policy down, whatever ranks them, and tells which text of each is ranked. */
export class TagFilter {
  /** Is nothing written, so that every tag passes as it is? */
  readonly isEmpty: boolean;
  readonly #filter: Pattern | undefined;
  readonly #allow: Pattern | undefined;
  readonly #exclude: Pattern | undefined;
  readonly #ignore: readonly Ignored[];
  readonly #template: Template | undefined;
  readonly #texts: FilterTexts;

  /** @throws SluiceError `policy-invalid` */
  constructor(policy: string, texts: FilterTexts) {
    const { filter, extract, allow, exclude, ignore = [] } = texts;
    if (extract !== undefined && filter === undefined) {
      throw policyInvalid(policy, EXTRACT_NEEDS, 'none');
    }
    this.#texts = texts;
    const written = Object.values(texts).filter((text) => typeof text === 'string' || (text?.length ?? 0) > 0);
    this.isEmpty = written.length === 0;
    this.#filter = filter === undefined ? undefined : compilePattern(policy, filter);
    this.#allow = allow === undefined ? undefined : compilePattern(policy, allow.replace(/^regexp:/, ''));
    this.#exclude = exclude === undefined ? undefined : compilePattern(policy, exclude);
    this.#ignore = ignore.map((glob) => ({ glob, matches: requireGlob(policy, glob) }));
    // An empty template takes the tag as it is, as in Flux v2.
    this.#template = extract === undefined || extract === '' ? undefined : new Template(extract);
  }

  /** Does the time for a tag grow with its length only? */
  get isLinear(): boolean {
    return [this.#filter, this.#allow, this.#exclude].every((pattern) => pattern?.isLinear !== false);
  }

  /** Is another text ranked than the tag? */
  get extracts(): boolean {
    return this.#template !== undefined;
  }

  /**
   * The tags that pass, in the order given.
   *
   * @throws SluiceError `policy-over-budget`
   */
  passingTags(tags: readonly string[]): readonly string[] {
    const allowed = this.#allowed(tags);
    return this.#filter?.foundIn(allowed) ?? allowed;
  }

  /**
   * The same, with their texts.
   *
   * @throws SluiceError `policy-over-budget`
   */
  passing(given: readonly string[]): Passed {
    const [filter, template] = [this.#filter, this.#template];
    if (filter === undefined || template === undefined) {
      const passed = this.passingTags(given);
      return { tags: passed, texts: passed };
    }
    const allowed = this.#allowed(given);
    const [tags, texts]: [string[], string[]] = [[], []];
    const captures = filter.capturesIn(allowed);
    for (let at = 0; at < allowed.length; at += 1) {
      const tag = allowed[at];
      const found = captures[at];
      if (tag !== undefined && found !== undefined) {
        tags.push(tag);
        texts.push(template.expand(found, filter.names));
      }
    }
    return { tags, texts };
  }

  /**
   * Does a tag pass?
   *
   * @throws SluiceError `policy-over-budget`
   */
  passes(tag: string): boolean {
    return this.passingTags([tag]).length > 0;
  }

  /**
   * The text of a tag that is ranked, also of one that is not allowed; undefined where the filter does not find it.
   *
   * @throws SluiceError `policy-over-budget`
   */
  textOf(tag: string): string | undefined {
    const [filter, template] = [this.#filter, this.#template];
    if (filter === undefined || template === undefined) {
      return tag;
    }
    const [found] = filter.capturesIn([tag]);
    return found && template.expand(found, filter.names);
  }

  /** Which filter leaves a tag out, for people; undefined where it passes. */
  refusalOf(tag: string): string | undefined {
    if (this.#allow?.foundIn([tag]).length === 0) {
      return `does not pass allow ${this.#texts.allow}`;
    }
    if (this.#exclude !== undefined && this.#exclude.foundIn([tag]).length > 0) {
      return `is left out by exclude ${this.#texts.exclude}`;
    }
    const ignored = this.#ignore.find(({ matches }) => matches(tag));
    if (ignored !== undefined) {
      return `is left out by ignore ${ignored.glob}`;
    }
    return this.#filter?.foundIn([tag]).length === 0 ? `does not pass filter ${this.#texts.filter}` : undefined;
  }

  /** What is odd about the text that is ranked: a template that names a group that is not there. */
  get note(): string | undefined {
    const name = this.#filter && this.#template?.unknownGroup(this.#filter);
    const [, number, rest] = /^(\d+)(\D.*)$/.exec(name ?? '') ?? [];
    const hint = number === undefined ? '' : `; did you mean \${${number}}${rest}?`;
    return name === undefined ? undefined : `extract names a group ${name}, which the filter does not have${hint}`;
  }

  #allowed(tags: readonly string[]): readonly string[] {
    const allowed = this.#withoutExcluded(this.#allow?.foundIn(tags) ?? tags);
    return this.#ignore.length === 0
      ? allowed
      : allowed.filter((tag) => !this.#ignore.some(({ matches }) => matches(tag)));
  }

  #withoutExcluded(tags: readonly string[]): readonly string[] {
    if (this.#exclude === undefined) {
      return tags;
    }
    const excluded = new Set(this.#exclude.foundIn(tags));
    return tags.filter((tag) => !excluded.has(tag));
  }
}

const EXTRACT_NEEDS = 'a filter, of which extract takes its text';

/** @throws SluiceError `policy-invalid` */
function requireGlob(policy: string, glob: string): (tag: string) => boolean {
  const test = shellGlobTest(glob);
  if (test === undefined) {
    throw policyInvalid(policy, 'globs like *-rc*, tag? or [0-9]*, with commas between them', JSON.stringify(glob));
  }
  return test;
}
