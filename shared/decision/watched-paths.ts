import type { RepositoryConfig } from '../config/repository.ts';

/** Is a file one of those that the configuration names? */
export function isWatched(path: string, { paths }: Pick<RepositoryConfig, 'paths'>): boolean {
  return paths.some((one) => isBelow(path, one));
}

/** Is a path this folder or file, or below it? */
export function isBelow(path: string, folder: string): boolean {
  const normal = folder
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  return normal === '' || path === normal || path.startsWith(`${normal}/`);
}
