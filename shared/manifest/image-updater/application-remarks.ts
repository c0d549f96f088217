import type { Remark } from '../declarations/dialect.ts';
import { valuePath } from './entry-index.ts';
import type { ImageEntry } from './settings.ts';
import type { UpdatedApplication } from './updated-application.ts';
import type { Target } from './write-back.ts';

/**
 * What a person should know of an Application's images: why those are not updated that stand nowhere, and what of the
 * others is not followed.
 *
 * @param found the images that stand somewhere
 */
export function remarksOn(application: UpdatedApplication, found: ReadonlySet<ImageEntry>): readonly Remark[] {
  const { file, object } = application.declared;
  const remark = (reason: string, isNote?: boolean): Remark => ({ file, reason: `${object}: ${reason}`, isNote });
  const missing = application.images.filter((entry) => !found.has(entry));
  const unread = application.images.filter(({ platforms }) => platforms.length > 0);
  return [
    ...missing.map((entry) => remark(`${entry.image} is not updated: ${whyMissing(entry, application)}`)),
    ...unread.map(({ image, platforms }) =>
      remark(`the platforms of ${image} (${platforms.join(', ')}) are not looked at`, true),
    ),
  ];
}

function whyMissing({ policy, helm }: ImageEntry, application: UpdatedApplication): string {
  const { declared, target, path, elsewhere } = application;
  if ('refused' in policy) {
    return policy.refused;
  }
  const where = whereMissing(target, valuePath(helm), path);
  const hasText = target.kind === 'anywhere' && declared.facts.sources.some(({ hasTextOfValues }) => hasTextOfValues);
  const more = [elsewhere, hasText ? 'its helm.values is text, which is not looked into' : undefined];
  return [`no tag of it stands in ${where}`, ...more.filter((one) => one !== undefined)].join('; ');
}

function whereMissing(target: Target, value: string, path: string | undefined): string {
  if (target.kind === 'kustomization') {
    return `the images of the kustomization in ${target.folder || '.'}`;
  }
  return target.kind === 'helmvalues'
    ? `${value} of ${target.file}`
    : `its manifest or ${path === undefined ? 'its path' : path || '.'}`;
}
