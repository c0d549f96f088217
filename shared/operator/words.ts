import type { WatchedRepository } from '../decision/site-reader.ts';

/** How a finding names a repository. */
export function repositorySubject({ config }: Pick<WatchedRepository, 'config'>): string {
  return `repository ${config.url} (${config.branch})`;
}

/** `1 image`, `2 images` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The first of them by name, and how many more there are: `a, b, c and 2 more`. */
export function named(names: readonly string[], most = 3): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
