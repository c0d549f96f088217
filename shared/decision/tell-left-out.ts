import type { Log } from '../log.ts';
import type { LeftOutTag } from './tag-facts.ts';

/**
 * Logs each tag of an image that cannot be read, with why, and once however many sites have the image. That a listed tag
 * is gone by the time it is asked for is nothing to tell.
 */
export function tellLeftOutOnce(image: string, log: Log): LeftOutTag {
  const told = new Set<string>();
  return (tag, error) => {
    if (error.code !== 'registry-not-found' && !told.has(tag)) {
      told.add(tag);
      log.warn('tag left out', { image, tag, error });
    }
  };
}
