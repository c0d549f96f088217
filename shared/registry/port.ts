import type { TagFacts } from '../policy/policy.ts';
import type { TaggedDigest } from './push-clock.ts';

/** What a registry says of an image. */
export interface ImageFacts extends TagFacts {
  /** `sha256:…` of what the tag points to: the index where there is one. */
  readonly digest: string;
}

/**
 * Where an image was built from, as its labels say.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys
 */
export interface ImageSource {
  readonly source?: string | undefined;
  readonly revision?: string | undefined;
}

/** What is asked of the first sighting of an image. */
export interface SightingNeeds {
  /** How old it has to be. */
  readonly minAgeMillis: number;
  /** When Sluice was told of this digest, in milliseconds since the epoch, where the registry has it. */
  readonly toldAt?: number | undefined;
}

/** When an image was first seen at a registry; times are in milliseconds since the epoch. */
export interface Sighting {
  readonly at: number;
  /** Undefined where it is old enough. */
  readonly youngUntil: number | undefined;
}

/** The reading end of one registry. Its methods throw SluiceError with a `registry-…` code. */
export interface Registry {
  /**
   * All tags of a repository, in no order. The only call whose work grows with their number: sweep makes it, and
   * evaluate-policy where what stands at a site has no rank.
   */
  tags(repository: string): Promise<readonly string[]>;
  /**
   * What is known of a tag or digest: one request, and one or two more where `created` is needed and not cached; none
   * for the `created` of a digest that is.
   *
   * @throws `registry-not-found` where there is no such image
   */
  image(repository: string, tagOrDigest: string, needs: { readonly created: boolean }): Promise<ImageFacts>;

  /**
   * What a digest names in the place of an image that a container can run from, `a config of type …`; undefined where it
   * names one. One request, one more for an index, and none once it is cached.
   *
   * @throws `registry-not-found` where there is nothing
   */
  notAnImage(repository: string, digest: string): Promise<string | undefined>;

  /**
   * When a digest that the registry has was first seen there, by Sluice itself or by the registry's own clock: never what
   * the image says of itself. No request where Sluice has known it for long enough, one at most to the clock; it does not
   * throw where that cannot be read.
   */
  firstSeen(repository: string, version: TaggedDigest, needs: SightingNeeds): Promise<Sighting>;

  /**
   * Where an image was built from: as many requests as its creation time takes.
   *
   * @throws `registry-not-found` where there is no such image
   */
  source(repository: string, tagOrDigest: string): Promise<ImageSource>;
}
