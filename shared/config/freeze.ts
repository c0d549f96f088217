import { type Freeze, freezeShape, globs, withWindow } from '../hold/freeze.ts';
import { wildcardTest } from '../policy/wildcard.ts';
import * as z from '../schema.ts';
import type { RepositoryConfig } from './repository.ts';

/** What may be written of a freeze in `sluice.yml`. */
export const freezeObject = z.strictObject({
  ...freezeShape,
  repositories: z.optional(globs).check(z.describe('Globs of their url; all by default')),
  branches: z.optional(globs).check(z.describe('Globs of their branch; all by default')),
});

/** A freeze of `sluice.yml`. */
export const freezeSchema = z.pipe(freezeObject, z.transform(withWindow));

/** The freezes that may hold something in a repository. */
export function freezesOf(
  freezes: readonly z.output<typeof freezeSchema>[],
  { url, branch }: Pick<RepositoryConfig, 'url' | 'branch'>,
): readonly Freeze[] {
  const isMeant = (all: readonly string[] | undefined, text: string) =>
    all?.some((glob) => wildcardTest(glob)(text)) ?? true;
  return freezes.filter(({ repositories, branches }) => isMeant(repositories, url) && isMeant(branches, branch));
}
