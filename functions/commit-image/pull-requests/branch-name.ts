import { createHash } from 'node:crypto';
import type { RepositoryConfig } from '../../../shared/config/repository.ts';
import type { ImageUpdate } from '../../../shared/queue/messages.ts';

/** What the branches of all pull requests into a branch begin with. */
export function branchPrefix({ branch, delivery }: Pick<RepositoryConfig, 'branch' | 'delivery'>): string {
  return `${delivery.pushBranch ?? `sluice/${branch}`}-`;
}

/** Updates of one group share a pull request: all of a branch, or those of one image. */
export function groupOf({ image }: Pick<ImageUpdate, 'image'>, { delivery }: Pick<RepositoryConfig, 'delivery'>) {
  if (delivery.group !== 'image') {
    return 'all';
  }
  const name = image.slice(image.lastIndexOf('/') + 1).replaceAll(/[^a-z0-9-]+/g, '-');
  // Two registries may have images of one name.
  return `${name}-${createHash('sha256').update(image).digest('hex').slice(0, 8)}`;
}

/** The branch of a new pull request of a group. It tells where it begins, so that none ever has to be used again. */
export function newBranch(prefix: string, group: string, base: string): string {
  return `${prefix}${group}-${base.slice(0, 12)}`;
}
