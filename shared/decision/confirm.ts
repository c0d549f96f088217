import { isSluiceError } from '../errors.ts';
import type { Choice, KeepCause, Policy, TagFacts } from '../policy/policy.ts';
import type { TagLookup } from './tag-lookup.ts';

export type Update = Extract<Choice, { readonly action: 'update' }>;
type Keep = Exclude<Choice, Update>;

/**
 * The choice, where the registry has an image for it that a container can run from; else why the site keeps its own.
 *
 * One request for a digest that is not cached, one more for an index, and one where the digest is not known.
 *
 * @throws SluiceError `registry-…`
 */
export async function confirm({ to, reason }: Update, lookUp: TagLookup): Promise<Choice> {
  try {
    const { digest } = to.digest === undefined ? await lookUp.facts(to.tag, { created: false }) : to;
    const found = digest === undefined ? undefined : await lookUp.notAnImage(digest);
    return found === undefined
      ? { action: 'update', to: { ...to, digest }, reason }
      : keepsInstead('no-image', noImage(to.tag, found));
  } catch (error) {
    if (isSluiceError(error, 'registry-not-found')) {
      return keepsInstead('not-found', error.message);
    }
    throw error;
  }
}

/**
 * Why a tag is not even compared by its age: what is no image has none. Asked only where an image does not say its age,
 * and known by then.
 */
export async function withoutImage(
  { tag, created, digest }: TagFacts,
  { needsCreated }: Policy,
  lookUp: TagLookup,
): Promise<Keep | undefined> {
  if (!needsCreated || created !== undefined || digest === undefined) {
    return undefined;
  }
  const found = await lookUp.notAnImage(digest);
  return found === undefined ? undefined : keepsInstead('no-image', noImage(tag, found));
}

export function keepsInstead(because: KeepCause, reason: string): Keep {
  return { action: 'keep', because, reason };
}

function noImage(tag: string, found: string): string {
  return `tag ${tag} names no image that a container can run from: its manifest has ${found}`;
}
