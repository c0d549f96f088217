import { distribution } from './distribution.ts';
import { ecr } from './ecr.ts';
import { generic } from './generic.ts';
import { ghcr } from './ghcr.ts';
import { gitlab } from './gitlab.ts';
import type { PushSource } from './source.ts';

/** Every kind of sender, by the name that `sluice.yml` and the path `/push/{source}` have for it. */
const SOURCES = new Map<string, PushSource>(Object.entries({ distribution, generic, ghcr, gitlab, ecr }));

/** The names of all kinds of senders. */
export const SOURCE_NAMES: readonly string[] = [...SOURCES.keys()];

/** A kind of sender; undefined for a name that is none. */
export function findSource(name: string): PushSource | undefined {
  return SOURCES.get(name);
}
