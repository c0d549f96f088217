import { isSluiceError, type SluiceError } from '../errors.ts';
import type { Policy, TagFacts } from '../policy/policy.ts';
import { concernsOneImage } from '../registry/image-failure.ts';
import type { TagLookup } from './tag-lookup.ts';

/** Is told of a tag that cannot be read, and why. */
export type LeftOutTag = (tag: string, error: SluiceError) => void;

/** What was read of many tags. */
export interface ReadTags {
  readonly facts: readonly TagFacts[];
  /** Why others, which the registry has, cannot be read. */
  readonly faults: readonly SluiceError[];
}

/** So many tags are asked about at once. */
const CONCURRENCY = 8;
/** A registry that is silent about more tags than that is away. */
const MAX_SILENT = 3;

/** Leaves out tags that cannot be read, as long as it is not the registry itself that is at fault. */
export class FaultyTags {
  readonly faults: SluiceError[] = [];
  readonly #leftOut: LeftOutTag;
  #silent = 0;

  constructor(leftOut: LeftOutTag) {
    this.#leftOut = leftOut;
  }

  /** @throws the error, where it is about more than one image: a registry that is away, or asks to wait */
  leaveOut(tag: string, error: unknown): SluiceError {
    if (!concernsOneImage(error)) {
      this.#silent += 1;
      if (!isSluiceError(error, 'registry-unavailable') || this.#silent > MAX_SILENT) {
        throw error;
      }
    }
    this.#leftOut(tag, error);
    if (error.code !== 'registry-not-found') {
      this.faults.push(error);
    }
    return error;
  }
}

/**
 * What a policy compares of many tags, in the order given; those that cannot be read are left out. Each costs one HEAD,
 * and only where its digest is not cached a GET or two more.
 *
 * @throws SluiceError `registry-…` where it is about more than one image
 */
export async function readTags(
  tags: readonly string[],
  { needsCreated: created }: Policy,
  lookUp: TagLookup,
  leftOut: LeftOutTag,
): Promise<ReadTags> {
  const heads = headFirst(lookUp);
  const facts: TagFacts[] = [];
  const faulty = new FaultyTags(leftOut);
  for (let at = 0; at < tags.length; at += CONCURRENCY) {
    const looks = tags.slice(at, at + CONCURRENCY).map(async (tag) =>
      heads.facts(tag, { created }).catch((error: unknown) => {
        faulty.leaveOut(tag, error);
        return undefined;
      }),
    );
    facts.push(...(await Promise.all(looks)).filter((one) => one !== undefined));
  }
  return { facts, faults: faulty.faults };
}

/** The same look-ups, which ask for the digest of a tag first, by HEAD: what a known digest names is cached. */
export function headFirst(lookUp: TagLookup): TagLookup {
  return {
    ...lookUp,
    async facts(tagOrDigest, needs) {
      // No tag has a colon.
      if (!needs.created || tagOrDigest.includes(':')) {
        return lookUp.facts(tagOrDigest, needs);
      }
      const found = await lookUp.facts(tagOrDigest, { created: false });
      const { created } = await lookUp.facts(found.digest ?? tagOrDigest, needs);
      return { ...found, created };
    },
  };
}
